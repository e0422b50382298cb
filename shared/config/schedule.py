"""When a machine starts by itself."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

from shared.config.settings import Settings

_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Each field: its name, its least and greatest value, the words for values, and what else it may contain.
# Source: EventBridge Scheduler user guide, "Schedule types".
_FIELDS = (
    ("MINUTES", 0, 59, (), re.compile("")),
    ("HOURS", 0, 23, (), re.compile("")),
    ("DAY-OF-MONTH", 1, 31, (), re.compile(r"\?|L|LW|(?:[1-9]|[12]\d|3[01])W")),
    ("MONTH", 1, 12, _MONTHS, re.compile("")),
    ("DAY-OF-WEEK", 1, 7, _DAYS, re.compile(rf"\?|L|(?:[1-7]|{'|'.join(_DAYS)})(?:L|#[1-5])")),
    ("YEAR", 1970, 2199, (), re.compile("")),
)


def _is_of_the_scheduler(cron: str) -> str:
    # Source: EventBridge Scheduler user guide, "Schedule types": only one of the two fields of days may say a day.
    if not _CRON.fullmatch(cron) or [day == "?" for day in cron[5:-1].split()[2:5:2]].count(True) != 1:
        raise ValueError(
            "cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) is wanted, with ? as one of the two days, "
            "as cron(0 4 * * ? *)"
        )
    for text, (name, least, most, words, beside) in zip(cron[5:-1].split(), _FIELDS, strict=True):
        for part in text.split(","):
            if not beside.fullmatch(part) and not _is_within(part, least, most, words):
                raise ValueError(f"{name} is {part} in {cron}, and may be {least} to {most}, as cron(0 4 * * ? *)")
    return cron


def _is_within(part: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    """Whether a part of a field is a value, a span of values or `*`, each perhaps with a step."""
    values, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step)):
        return False
    numbers = {word: str(i) for i, word in enumerate(words, start=1)}
    ends = [numbers.get(end.upper(), end) for end in values.split("-", maxsplit=1)]
    return values == "*" or all(end.isdecimal() and least <= int(end) <= most for end in ends)


def _is_known(time_zone: str) -> str:
    if time_zone not in available_timezones():
        raise ValueError("the name of a time zone is wanted, as Europe/Amsterdam or Etc/UTC")
    return time_zone


Cron = Annotated[str, AfterValidator(_is_of_the_scheduler)]


class Schedule(Settings):
    """When a machine starts by itself; `cron` is EventBridge Scheduler's six-field form."""

    cron: Cron
    time_zone: Annotated[str, AfterValidator(_is_known)] = "Etc/UTC"
    enabled: bool = True


class DailySchedule(Schedule):
    """The schedule of the daily batch, by default at 4 o'clock."""

    cron: Cron = "cron(0 4 * * ? *)"


class HourlySchedule(Schedule):
    """The schedule of reading Salesforce, by default at a quarter past each hour."""

    cron: Cron = "cron(15 * * * ? *)"


class WeeklySchedule(Schedule):
    """The schedule of upkeep, by default on Sunday at 1 o'clock."""

    cron: Cron = "cron(0 1 ? * SUN *)"
