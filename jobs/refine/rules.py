"""Evaluates every rule of a row in one pass, into one array of the names of failed rules."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.deletes import is_delete
from shared.contracts import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column

    from shared.contracts import Table

FAILED = "_failed"
WARNED = "_warned"


def failed_rules(table: Table) -> Column:
    """The names of the rules of severity `error` that a typed row fails: types, required columns, row rules.

    Of a delete only key and sequence are checked: it says which row is deleted and when, and its other columns are
    often empty. Expects the typed columns and, as `_given_<column>`, whether there was a value before the cast.
    """
    ordering = {*table.primary_key, *table.sequence_by}
    of_columns = [*_type_rules(table), *_required_rules(table)]
    always = [(name, bad) for column, name, bad in of_columns if column in ordering]
    others = [(name, bad) for column, name, bad in of_columns if column not in ordering]
    return _names(always + _of_living(table, others + _row_rules(table, Severity.ERROR)))


def is_refused() -> Column:
    """Whether a row fails a rule of severity `error`."""
    return F.size(FAILED) > 0


def warned_rules(table: Table) -> Column:
    """The names of the rules of severity `warning` that a typed row fails."""
    return _names(_of_living(table, _row_rules(table, Severity.WARNING)))


def warning_measures(table: Table) -> list[Column]:
    """Measures of how many rows fail each rule of severity `warning`."""
    return [F.count_if(F.array_contains(WARNED, name)).alias(f"warned {name}") for name in _warning_names(table)]


def warned(table: Table, seen: Mapping[str, int]) -> dict[str, int]:
    """The numbers of rows that `warning_measures` counted, by rule, without the zeros."""
    return {name: seen[f"warned {name}"] for name in _warning_names(table) if seen[f"warned {name}"]}


def given(column: str) -> str:
    """The name of the column that says whether there was a value before the cast."""
    return f"_given_{column}"


def exists_rule(column: str) -> str:
    """The name of the rule that a foreign key's parent exists."""
    return f"{column}_exists"


def _warning_names(table: Table) -> list[str]:
    return [r.name for r in table.row_rules if r.severity is Severity.WARNING]


def _names(rules: list[tuple[str, Column]]) -> Column:
    none = F.array().cast("array<string>")
    if not rules:
        return none
    names = F.array_compact(F.array(*[F.when(bad, F.lit(name)) for name, bad in rules]))
    # Most rows fail nothing, and checking for that is cheaper than building an empty list.
    return F.when(reduce(or_, [bad for _, bad in rules]), names).otherwise(none)


def _of_living(table: Table, rules: list[tuple[str, Column]]) -> list[tuple[str, Column]]:
    return [(name, ~is_delete(table) & bad) for name, bad in rules] if table.apply_as_deletes else rules


def _type_rules(table: Table) -> list[tuple[str, str, Column]]:
    columns = (*table.columns, *table.dropped)
    return [(c.name, f"{c.name}_type", F.col(given(c.name)) & F.col(c.name).isNull()) for c in columns]


def _required_rules(table: Table) -> list[tuple[str, str, Column]]:
    columns = (*table.columns, *table.dropped)
    needed = [c.name for c in columns if c.required or c.name in table.sequence_by]
    return [(n, f"{n}_required", ~F.col(given(n)) & F.col(n).isNull()) for n in needed]


def _row_rules(table: Table, severity: Severity) -> list[tuple[str, Column]]:
    # A rule whose result is null, because a value is missing, is not failed: `required` is a rule of its own.
    return [(r.name, F.coalesce(F.expr(r.bad), F.lit(False))) for r in table.row_rules if r.severity is severity]
