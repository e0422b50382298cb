"""One table's refinement: the new bronze rows typed, ruled, deduplicated, classified, gated and merged."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.refine.classify import (
    BURY,
    DELETE,
    FATE,
    INSERT,
    NEWEST,
    QUARANTINED,
    SUPERSEDED,
    TIED,
    UPDATE,
    classified,
    ranked,
)
from jobs.refine.deletes import IS_DELETE, bury, is_delete, tombstones
from jobs.refine.gate import pass_gate
from jobs.refine.merge import within, write_effective
from jobs.refine.relationships import with_parents_checked
from jobs.refine.rules import FAILED, WARNED, failed_rules, warned_rules
from jobs.refine.typing import RAW_ROW, typed
from jobs.runtime.books import audit, balance
from jobs.runtime.commit import append_nothing, commit
from jobs.runtime.quarantine import quarantine
from jobs.runtime.staging import stage, unstage
from jobs.runtime.tables import ensure_table, read_version, spark_schema
from jobs.runtime.texts import as_json
from shared.contracts import Disposition

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

FATES = {INSERT: "inserted", UPDATE: "updated", DELETE: "deleted", SUPERSEDED: "superseded", QUARANTINED: "quarantined"}

# What the outcome of a snapshot says when it deleted nothing because of rows without a readable key.
NOT_WHOLE = "snapshot_not_whole"
# What it says when rows of one key have one sequence and other content, so that only the rule for ties told them apart.
SEQUENCE_TIED = "sequence_tied"


def refine(flow: Flow) -> TableOutcome:
    """Bring a silver table up to date with its bronze input.

    Grain: the new rows of the input in, one row per primary key out. Arrival order, duplicates and re-deliveries do
    not change the result; rows that fail a rule of severity `error` go to the quarantine.

    Raises:
        GateClosedError: the table with this batch applied fails a table rule of severity `error`.
        UnbalancedBooksError: rows read and rows accounted for differ.
    """
    source = flow.catalog.table(str(flow.table.inputs[0]))
    position = flow.position_of(source)
    arrived = position.flows[str(source.name)]
    consumed = int((flow.last_inputs or {}).get(str(source.name), 0))
    if arrived.sequence == consumed:
        return flow.unchanged()
    # An input that stands before what was consumed of it has been built anew, and is read anew.
    after = consumed if consumed < arrived.sequence else 0
    flow.session.conf.set("spark.sql.ansi.enabled", "false")  # a value that does not fit fails its rule, not the batch
    rows = _batch(flow, source, position.version, after, arrived.sequence)
    try:
        staged, seen = _stage(flow, rows)
        seen["keyless"] += arrived.books.get("quarantined", 0)
        return _commit(flow, staged, seen, {str(source.name): arrived.sequence})
    finally:
        unstage(flow.session, flow.staging)


def _batch(flow: Flow, source: Table, version: int, after: int, upto: int) -> DataFrame:
    """The input's rows of the batches not consumed yet; of full snapshots only the last counts."""
    rows = read_version(flow.session, flow.location_of(source), version)
    first = upto if flow.table.disposition is Disposition.SNAPSHOT else after + 1
    rows = rows.where(F.col("_sequence").between(F.lit(first), F.lit(upto)))
    if flow.table.query is None:
        return rows
    rows.createOrReplaceTempView("batch")
    return flow.session.sql(flow.table.query.sql)


def _stage(flow: Flow, rows: DataFrame) -> tuple[DataFrame, dict[str, Any]]:
    """Type, rule and rank the batch, and write it down with its measures."""
    table = flow.table
    ruled = typed(rows, table).withColumns({FAILED: failed_rules(table), WARNED: warned_rules(table)})
    checked = with_parents_checked(ruled, table, _parents(flow, ruled))
    columns = [*table.column_names, FAILED, WARNED, RAW_ROW, "_source_position", NEWEST, TIED]
    columns += [IS_DELETE] if table.apply_as_deletes else []
    newest = ranked(checked, table).select(*columns)
    observation = Observation()
    warned = [F.count_if(F.array_contains(WARNED, r.name)).alias(f"warned {r.name}") for r in table.row_rules]
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(reduce(or_, [F.col(k).isNull() for k in table.primary_key])).alias("keyless"),
        F.min(F.when(F.col(NEWEST), F.col(table.primary_key[0]))).alias("least"),
        F.max(F.when(F.col(NEWEST), F.col(table.primary_key[0]))).alias("greatest"),
        *warned,
    ]
    staged = stage(flow.session, newest.observe(observation, *measures), flow.staging)
    return staged, observation.get


def _parents(flow: Flow, rows: DataFrame) -> dict[str, DataFrame]:
    """The keys that foreign keys may have, by column; in a table that is its own parent the batch's good rows count."""
    found = {}
    for column in flow.table.foreign_keys:
        if column.parent is None:
            continue
        key = column.parent.column
        if column.parent.table == flow.table.name:
            own = rows.where((F.size(FAILED) == 0) & ~is_delete(flow.table)).select(key)
            target = _target(flow, None)
            found[column.name] = (target.select(key).unionByName(own) if target else own).distinct()
        else:
            parent = flow.catalog.table(str(column.parent.table))
            version = flow.position_of(parent).version
            found[column.name] = read_version(flow.session, flow.location_of(parent), version).select(key)
    return found


def _commit(flow: Flow, staged: DataFrame, seen: dict[str, Any], inputs: dict[str, Any]) -> TableOutcome:
    table = flow.table
    snapshot = table.disposition is Disposition.SNAPSHOT
    bounds = None if snapshot or seen["least"] is None else (seen["least"], seen["greatest"])
    target = _target(flow, bounds)
    # A row without a readable key may be any that a snapshot seems to lack, so beside one nothing is deleted.
    known = tombstones(flow, within(table.primary_key[0], bounds)) if target else None
    is_whole = snapshot and not seen["keyless"]
    rows = classified(staged, target, table, tombstones=known, is_whole=is_whole).persist()
    try:
        books, tied = _books(rows, table, seen["read"])
        balance(str(table.name), books)
        warnings = pass_gate(flow, rows, books)
        warnings |= {r.name: seen[f"warned {r.name}"] for r in table.row_rules if seen[f"warned {r.name}"]}
        warnings |= {NOT_WHOLE: seen["keyless"]} if snapshot and seen["keyless"] else {}
        warnings |= {SEQUENCE_TIED: tied} if tied else {}
        refused = _refused(rows, table) if books["quarantined"] else None
        quarantine(flow.session, flow.batch, flow.quarantine, refused, table.fingerprint)
        bury(flow, rows.where(is_delete(table) & F.col(FATE).isin(DELETE, BURY)) if books["tombstoned"] else None)
        ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by)
        changes = books["inserted"] + books["updated"] + books["deleted"]
        landed = commit(
            flow.session,
            flow.batch,
            lambda: (
                write_effective(flow.session, rows, table, flow.location, books=books, bounds=bounds)
                if changes
                else append_nothing(rows.select(*table.column_names), flow.location)
            ),
            inputs=inputs,
            books=books,
            fingerprint=table.fingerprint,
            warnings=warnings,
        )
        if books["updated"] or books["deleted"]:
            audit(str(table.name), books, landed)
        return flow.succeeded(landed.version, books, warnings)
    finally:
        rows.unpersist()


def _books(rows: DataFrame, table: Table, read: int) -> tuple[dict[str, int], int]:
    """What becomes of the rows read, and how many of them only the rule for ties put in their place."""
    measures = [F.count(F.lit(1)).alias("rows"), F.count_if(TIED).alias("tied")]
    counted = {r[FATE]: r for r in rows.groupBy(FATE).agg(*measures).collect()}
    fates = {fate: row["rows"] for fate, row in counted.items()}
    books = {"read": read, **{account: fates.get(fate, 0) for fate, account in FATES.items()}}
    # What a snapshot lacks is deleted without a row that says so.
    books["tombstoned"] = fates.get(BURY, 0) + (books["deleted"] if table.apply_as_deletes else 0)
    return books, sum(row["tied"] for row in counted.values())


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
        as_json(*table.primary_key).alias("row_key"),
        F.col(RAW_ROW).alias("row"),
    )
