"""One table's refinement: the new bronze rows typed, ruled, deduplicated, classified, gated and merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.refine.classify import DELETE, FATE, INSERT, NEWEST, QUARANTINED, SUPERSEDED, UPDATE, classified, ranked
from jobs.refine.gate import pass_gate
from jobs.refine.merge import within, write_effective
from jobs.refine.relationships import with_parents_checked
from jobs.refine.rules import FAILED, WARNED, failed_rules, warned_rules
from jobs.refine.typing import RAW_ROW, typed
from jobs.runtime.books import audit, balance
from jobs.runtime.commit import append_nothing, commit
from jobs.runtime.position import read_position
from jobs.runtime.quarantine import quarantine
from jobs.runtime.staging import stage, unstage
from jobs.runtime.tables import ensure_table, read_version, spark_schema
from shared.contracts import Disposition
from shared.errors import PositionLostError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table
    from shared.jobs import TableOutcome

FATES = {INSERT: "inserted", UPDATE: "updated", DELETE: "deleted", SUPERSEDED: "superseded", QUARANTINED: "quarantined"}


def refine(flow: Flow) -> TableOutcome:
    """Bring a silver table up to date with its bronze input.

    Grain: the new rows of the input in, one row per primary key out. Arrival order, duplicates and re-deliveries do
    not change the result; rows that fail a rule of severity `error` go to the quarantine.

    Raises:
        GateClosedError: the table with this batch applied fails a table rule of severity `error`.
        UnbalancedBooksError: rows read and rows accounted for differ.
    """
    source = flow.catalog.table(str(flow.table.inputs[0]))
    position = read_position(flow.session, flow.location_of(source))
    upto = _sequence(source, position)
    consumed = int((flow.last_inputs or {}).get(str(source.name), 0))
    if upto == consumed:
        return flow.unchanged()
    flow.session.conf.set("spark.sql.ansi.enabled", "false")  # a value that does not fit fails its rule, not the batch
    rows = _batch(flow, source, position.version, consumed, upto)
    try:
        return _commit(flow, *_stage(flow, rows), {str(source.name): upto})
    finally:
        unstage(flow.session, flow.staging)


def _sequence(source: Table, position: TablePosition) -> int:
    """The last batch the input holds."""
    found = position.flows.get(str(source.name))
    if found is None:
        raise PositionLostError(
            f"{source.name} has never been ingested", expected="an earlier run of its ingestion", mend="ingest it first"
        )
    return found.sequence


def _batch(flow: Flow, source: Table, version: int, consumed: int, upto: int) -> DataFrame:
    """The input's rows of the batches not consumed yet; of full snapshots only the last counts."""
    rows = read_version(flow.session, flow.location_of(source), version)
    first = upto if flow.table.disposition is Disposition.SNAPSHOT else consumed + 1
    rows = rows.where(F.col("_sequence").between(F.lit(first), F.lit(upto)))
    if flow.table.query is None:
        return rows
    rows.createOrReplaceTempView("batch")
    return flow.session.sql(flow.table.query.sql)


def _stage(flow: Flow, rows: DataFrame) -> tuple[DataFrame, dict[str, Any]]:
    """Type, rule and rank the batch, and write it down with its measures."""
    table = flow.table
    ruled = typed(rows, table).withColumns({FAILED: failed_rules(table), WARNED: warned_rules(table)})
    checked = with_parents_checked(ruled, table, _parents(flow))
    columns = [*table.column_names, FAILED, WARNED, RAW_ROW, "_source_position", NEWEST]
    newest = ranked(checked, table).select(*columns)
    observation = Observation()
    warned = [
        F.count_if(F.array_contains(WARNED, r.name)).alias(f"warned {r.name}") for r in table.row_rules
    ]
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.min(F.when(F.col(NEWEST), F.col(table.primary_key[0]))).alias("least"),
        F.max(F.when(F.col(NEWEST), F.col(table.primary_key[0]))).alias("greatest"),
        *warned,
    ]
    staged = stage(flow.session, newest.observe(observation, *measures), flow.staging)
    return staged, observation.get


def _parents(flow: Flow) -> dict[str, DataFrame]:
    found = {}
    for column in flow.table.foreign_keys:
        if column.parent:
            parent = flow.catalog.table(str(column.parent.table))
            location = flow.location_of(parent)
            version = read_position(flow.session, location).version
            found[column.name] = read_version(flow.session, location, version).select(column.parent.column)
    return found


def _commit(flow: Flow, staged: DataFrame, seen: dict[str, Any], inputs: dict[str, Any]) -> TableOutcome:
    table = flow.table
    snapshot = table.disposition is Disposition.SNAPSHOT
    bounds = None if snapshot or seen["least"] is None else (seen["least"], seen["greatest"])
    target = _target(flow, bounds)
    rows = classified(staged, target, table).persist()
    try:
        counted = {r[FATE]: r["count"] for r in rows.groupBy(FATE).count().collect()}
        books = {"read": seen["read"], **{account: counted.get(fate, 0) for fate, account in FATES.items()}}
        balance(str(table.name), books)
        warnings = pass_gate(flow, rows, books)
        refused = _refused(rows, table) if books["quarantined"] else None
        quarantine(flow.session, flow.batch, flow.quarantine, refused, table.fingerprint)
        ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by)
        changes = books["inserted"] + books["updated"] + books["deleted"]
        landed = commit(
            flow.session,
            flow.batch,
            lambda: (
                write_effective(flow.session, rows, table, flow.location, books, bounds)
                if changes
                else append_nothing(rows.select(*table.column_names), flow.location)
            ),
            inputs=inputs,
            books=books,
            fingerprint=table.fingerprint,
        )
        if books["updated"] or books["deleted"]:
            audit(str(table.name), books, landed)
        warnings |= {r.name: seen[f"warned {r.name}"] for r in table.row_rules if seen[f"warned {r.name}"]}
        return flow.succeeded(landed.version, books, warnings)
    finally:
        rows.unpersist()


def _target(flow: Flow, bounds: tuple[object, object] | None) -> DataFrame | None:
    """The target's rows that the batch can touch; None while there is no target."""
    if flow.batch.before.version < 0:
        return None
    rows = read_version(flow.session, flow.location, flow.batch.before.version)
    return rows.where(within(flow.table.primary_key[0], bounds))


def _refused(rows: DataFrame, table: Table) -> DataFrame:
    return rows.where(F.col(FATE) == QUARANTINED).select(
        F.col(FAILED).alias("rules"),
        F.col("_source_position").alias("source_position"),
        F.to_json(F.struct(*table.primary_key), {"ignoreNullFields": "false"}).alias("row_key"),
        F.col(RAW_ROW).alias("row"),
    )
