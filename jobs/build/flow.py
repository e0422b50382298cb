"""One built table: when an input or the query changed, the result is staged, gated and swapped in at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.build.query import result
from jobs.runtime.books import balance
from jobs.runtime.commit import commit
from jobs.runtime.gate import decide
from jobs.runtime.staging import stage, unstage
from jobs.runtime.tables import ensure_table, replace_all, spark_schema
from shared.contracts import RowRule, Severity, Table, TableRule
from shared.contracts.rules import COUNT_ROWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.jobs import TableOutcome


def build(flow: Flow) -> TableOutcome:
    """Bring a built table up to date with its inputs.

    Grain: whatever the query gives, one row per primary key. The whole result replaces the table in one commit, so a
    reader sees the old table or the new one. A rule of severity `error` that fails on any row closes the gate.

    Raises:
        GateClosedError: a rule of severity `error` failed; the old table stays.
        ContractError: the query's columns are not the contract's.
    """
    inputs = _versions(flow)
    last = flow.batch.last
    is_same = last is not None and last.inputs == inputs and last.fingerprint == flow.table.fingerprint
    if is_same and not flow.is_rebuilt:
        return flow.unchanged()
    observation = Observation()
    try:
        rows = result(flow, inputs["versions"]).observe(observation, *_measures(flow.table))
        staged = stage(flow.session, rows, flow.staging)
        return _commit(flow, staged, observation.get, inputs)
    finally:
        unstage(flow.session, flow.staging)


def _versions(flow: Flow) -> dict[str, Any]:
    """The inputs as they stand; the business date is one only if the query asks for it."""
    versions = {}
    for name in flow.table.inputs:
        versions[str(name)] = flow.position_of(flow.catalog.table(str(name))).version
    asks = flow.table.query is not None and flow.table.query.needs_business_date
    return {"versions": versions, "business_date": str(flow.job.business_date) if asks else None}


def _measures(table: Table) -> list[Any]:
    return [F.count(F.lit(1)).alias("read"), *[F.count_if(F.expr(r.bad)).alias(r.name) for r in _row_rules(table)]]


def _row_rules(table: Table) -> list[RowRule]:
    """The contract's row rules and the required columns; here no row is set aside, so each decides the gate."""
    required = [
        RowRule(name=f"{c.name}_required", bad=f"`{c.name}` IS NULL", severity=Severity.ERROR)
        for c in table.all_columns
        if c.required
    ]
    return [*required, *table.row_rules]


def _gate_rules(table: Table) -> list[TableRule]:
    keys = ", ".join(f"`{k}`" for k in table.versions.primary_key)
    doubled = f"SELECT COUNT(*) FROM (SELECT 1 FROM ${{table}} GROUP BY {keys} HAVING COUNT(*) > 1) AS doubled"
    unique = TableRule(name="primary_key_unique", query=doubled, severity=Severity.ERROR, at_least=0, at_most=0)
    return [unique, *table.table_rules]


def _failed_rows(table: Table, seen: dict[str, Any]) -> list[TableRule]:
    """A table rule for each row rule that some row failed, so that one gate decides them all."""
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


def _commit(flow: Flow, staged: DataFrame, seen: dict[str, Any], inputs: dict[str, Any]) -> TableOutcome:
    table = flow.table
    rules = [*_failed_rows(table, seen), *_gate_rules(table)]
    warnings = decide(table, rules, staged, known={COUNT_ROWS: seen["read"]})
    books = {"read": seen["read"], "inserted": seen["read"]}
    balance(str(table.name), books)
    if not flow.is_rebuilt:
        ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by)
    landed = commit(
        flow.session,
        flow.batch,
        lambda: (
            replace_all(staged, flow.location, table.cluster_by)
            if flow.is_rebuilt
            else staged.write.format("delta").mode("overwrite").save(flow.location)
        ),
        inputs=inputs,
        books=books,
        fingerprint=table.fingerprint,
        warnings=warnings,
    )
    return flow.succeeded(landed.version, books, warnings)
