"""When a machine starts by itself."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

from shared.config.settings import Settings

_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")


def _is_of_the_scheduler(cron: str) -> str:
    # Source: EventBridge Scheduler user guide, "Schedule types": only one of the two fields of days may say a day.
    if not _CRON.fullmatch(cron) or [day == "?" for day in cron[5:-1].split()[2:5:2]].count(True) != 1:
        raise ValueError(
            "cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) is wanted, with ? as one of the two days, "
            "as cron(0 4 * * ? *)"
        )
    return cron


def _is_known(time_zone: str) -> str:
    if time_zone not in available_timezones():
        raise ValueError("the name of a time zone is wanted, as Europe/Amsterdam or Etc/UTC")
    return time_zone


class Schedule(Settings):
    """When a machine starts by itself; `cron` is EventBridge Scheduler's six-field form."""

    cron: Annotated[str, AfterValidator(_is_of_the_scheduler)]
    time_zone: Annotated[str, AfterValidator(_is_known)] = "Etc/UTC"
    enabled: bool = True
