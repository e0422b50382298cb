"""The rules of a table, compiled: on its rows, and on the table as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a failed rule does: `error` quarantines the row or closes the gate, `warning` is only counted."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """A rule on one row: `bad` is a Spark SQL predicate over the table's columns that holds for a bad row."""

    name: str
    bad: str
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class TableRule:
    """A rule on the whole table: `query` gives one number, which must lie in [at_least, at_most].

    The query names the table `${table}`. A bound of None is open. With `negated` the number must lie outside.
    """

    name: str
    query: str
    severity: Severity
    at_least: float | None = None
    at_most: float | None = None
    negated: bool = False

    def holds(self, value: float) -> bool:
        """Whether a measured value satisfies the rule."""
        low = self.at_least is None or value >= self.at_least
        high = self.at_most is None or value <= self.at_most
        return (low and high) is not self.negated
