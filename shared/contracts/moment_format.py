"""Checks the pattern by which a text is read as a date or timestamp (`logicalTypeOptions.format`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.contracts.treatment import Treatment

if TYPE_CHECKING:
    from shared.contracts.document import Document
    from shared.contracts.odcs import Property
    from shared.yaml_lines import Path as YamlPath

# What Spark parses of Java's DateTimeFormatter. Source: "Datetime Patterns" of Spark's SQL reference.
LETTERS = frozenset("GyMLdDhHkKmsSaVzOXx")
QUOTED = re.compile(r"'[^']*'")


def check_format(document: Document, at: YamlPath, prop: Property) -> None:
    """Refuse a format on what is no date or timestamp, and one by which Spark makes up a part of it.

    Spark takes 1970, January, the 1st and midnight for what a pattern does not name, and morning where it names an hour
    of twelve alone: with `dd.mm.yyyy`, whose `mm` are minutes, every row has a date in January.

    Raises:
        ContractError: the column has such a format.
    """
    pattern = prop.logicalTypeOptions.format
    if not pattern:
        return
    is_generalized = any(c.value == Treatment.YEAR for c in prop.customProperties)
    if prop.logicalType not in ("date", "timestamp") and not is_generalized:
        raise document.error(
            f"column {prop.name} has a format",
            (*at, "logicalTypeOptions"),
            given=prop.logicalType,
            expected="a format on a date or timestamp only",
        )
    if mend := _mend_of(pattern, is_year_enough=is_generalized):
        raise document.error(
            f"column {prop.name} has a format by which no text is read as it is meant",
            (*at, "logicalTypeOptions", "format"),
            given=pattern,
            expected="a pattern of Java's DateTimeFormatter, such as dd.MM.yyyy or yyyy-MM-dd'T'HH:mm:ss",
            mend=mend,
        )


def _mend_of(pattern: str, *, is_year_enough: bool) -> str | None:
    """What to change in a pattern; None if it is good."""
    letters = {letter for letter in QUOTED.sub("", pattern) if letter.isalpha()}
    is_day_of_month = bool(letters & set("ML")) and "d" in letters and "D" not in letters
    is_day_of_year = "D" in letters and not letters & set("MLd")
    wanted = {
        "write MM for the month: mm is minutes, and there is no hour": "m" not in letters or letters & set("hHkK"),
        "write HH for the hour of a day, or add a, which is AM or PM": "a" in letters or not letters & set("hK"),
        f"write other letters than {''.join(sorted(LETTERS))} in single quotes, or replace them": letters <= LETTERS,
        "give it a year: yyyy": "y" in letters,
        "give it a month and a day, MM and dd, or the day of the year alone, DDD; where the text has no day, let "
        "transformLogic add one": is_year_enough or is_day_of_month or is_day_of_year,
    }
    return next((mend for mend, is_met in wanted.items() if not is_met), None)
