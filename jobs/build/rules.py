"""The rules of a built table: since it has no quarantine, all of them are rules of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from shared.contracts import RowRule, Severity, Table, TableRule
from shared.contracts.refresh import has_unique_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column


def measures(table: Table, among: Column | None = None) -> list[Column]:
    """Measures that count the result's rows: all of them as `read`, and those that fail a row rule by its name.

    Args:
        table: The contract.
        among: The condition that a frame's row is one of the result; by default all are.
    """
    of_result = F.lit(True) if among is None else among
    failed = [F.count_if(of_result & F.expr(r.bad)).alias(r.name) for r in _row_rules(table)]
    return [F.count_if(of_result).alias("read"), *failed]


def failed_rows(table: Table, seen: Mapping[str, Any]) -> list[TableRule]:
    """A table rule for each row rule that a row failed, so that one gate decides them all."""
    return [
        TableRule(
            name=r.name,
            query=f"SELECT COUNT(*) FROM ${{table}} WHERE {r.bad}",
            severity=r.severity,
            at_least=0,
            at_most=0,
        )
        for r in _row_rules(table)
        if seen[r.name]
    ]


def unique_key(table: Table, tables: Mapping[str, Table]) -> list[TableRule]:
    """The rule that no primary key occurs twice; none if the query cannot give one twice.

    Source: measured on 6 M rows of 16 columns, computed and written: 27 s, of which 4.7 s to look for such keys.
    """
    if has_unique_key(table, tables):
        return []
    keys = ", ".join(f"`{k}`" for k in table.versions.primary_key)
    doubled = f"SELECT COUNT(*) FROM (SELECT 1 FROM ${{table}} GROUP BY {keys} HAVING COUNT(*) > 1) AS doubled"
    return [TableRule(name="primary_key_unique", query=doubled, severity=Severity.ERROR, at_least=0, at_most=0)]


def _row_rules(table: Table) -> list[RowRule]:
    """The contract's row rules and the required columns."""
    required = [
        RowRule(name=f"{c.name}_required", bad=f"`{c.name}` IS NULL", severity=Severity.ERROR)
        for c in table.all_columns
        if c.required
    ]
    return [*required, *table.row_rules]
