"""Every rule of a row, decided in one pass into one array of failed rule names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from shared.contracts import Severity

if TYPE_CHECKING:
    from pyspark.sql import Column

    from shared.contracts import Table

FAILED = "_failed"
WARNED = "_warned"


def failed_rules(table: Table) -> Column:
    """The names of the rules of severity `error` that a typed row fails: types, required columns, row rules.

    Expects the typed columns and, as `_given_<column>`, whether a value was given before the cast.
    """
    return _names(_type_rules(table) + _required_rules(table) + _row_rules(table, Severity.ERROR))


def warned_rules(table: Table) -> Column:
    """The names of the rules of severity `warning` that a typed row fails."""
    return _names(_row_rules(table, Severity.WARNING))


def given(column: str) -> str:
    """The name of the column that says whether a value was given before the cast."""
    return f"_given_{column}"


def _names(rules: list[tuple[str, Column]]) -> Column:
    if not rules:
        return F.array().cast("array<string>")
    return F.array_compact(F.array(*[F.when(bad, F.lit(name)) for name, bad in rules]))


def _type_rules(table: Table) -> list[tuple[str, Column]]:
    return [(f"{c.name}_type", F.col(given(c.name)) & F.col(c.name).isNull()) for c in table.columns]


def _required_rules(table: Table) -> list[tuple[str, Column]]:
    needed = [c.name for c in table.columns if c.required or c.name in table.sequence_by]
    return [(f"{n}_required", ~F.col(given(n)) & F.col(n).isNull()) for n in needed]


def _row_rules(table: Table, severity: Severity) -> list[tuple[str, Column]]:
    # A rule that says neither yes nor no, because a value is missing, is not failed: `required` is a rule of its own.
    return [(r.name, F.coalesce(F.expr(r.bad), F.lit(False))) for r in table.row_rules if r.severity is severity]  # noqa: FBT003
