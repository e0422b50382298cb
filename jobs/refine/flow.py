"""One table's refinement: the new bronze rows typed, ruled, deduplicated, classified, gated and merged."""

from __future__ import annotations

from functools import cache, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from jobs.refine.again import read_again
from jobs.refine.classify import (
    BURY,
    DELETE,
    FATE,
    INSERT,
    NEWEST,
    QUARANTINED,
    SEQUENCE_TIED,
    SUPERSEDED,
    TIED,
    UPDATE,
    classified,
    ranked,
)
from jobs.refine.deletes import bury, is_delete, tombstones
from jobs.refine.gate import pass_gate
from jobs.refine.history import keep_history, with_horizon_checked
from jobs.refine.merge import target_rows, within, write_batch
from jobs.refine.origin import POSITION, input_rows, origin, queried
from jobs.refine.pii_keys import read_pii_keys
from jobs.refine.refused import RAW_ROW, raw_row, refused_rows
from jobs.refine.relationships import parent_keys, parent_positions, with_parents_checked
from jobs.refine.rules import FAILED, WARNED, failed_rules, warned, warned_rules, warning_measures
from jobs.refine.treatment import token_values, treated
from jobs.refine.typing import AS_GIVEN, typed
from jobs.refine.vault import keep_tokens
from jobs.runtime.books import audit, balance
from jobs.runtime.commit import commit
from jobs.runtime.history import IS_DELETE
from jobs.runtime.quarantine import ORIGIN, held, quarantine, settle
from jobs.runtime.staging import stage, unstage
from jobs.runtime.tables import ensure_table, spark_schema
from shared.contracts import Disposition

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table
    from shared.jobs import TableOutcome

FATES = {INSERT: "inserted", UPDATE: "updated", DELETE: "deleted", SUPERSEDED: "superseded", QUARANTINED: "quarantined"}

# What the outcome of a snapshot says when it deleted nothing because of rows without a readable key.
NOT_WHOLE = "snapshot_not_whole"


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
    before = held(flow.session, flow.batch, flow.quarantine)
    if arrived.sequence == consumed and before is None:
        return flow.unchanged()
    flow.session.conf.set("spark.sql.ansi.enabled", "false")  # a value that does not fit fails its rule, not the batch
    parents = parent_positions(flow)
    # An input that stands before what was consumed of it has been built anew, and is read anew.
    is_anew = arrived.sequence < consumed
    is_replaced = arrived.sequence != consumed and flow.table.disposition is Disposition.SNAPSHOT
    is_over = is_anew or is_replaced or flow.is_rebuilt
    again = None if before is None or is_over else read_again(flow, source, position.version, before, parents)
    if arrived.sequence == consumed and again is None:
        settle(flow.session, flow.batch, flow.quarantine, flow.table.fingerprint)
        return flow.unchanged()
    new = _batch(flow, source, position.version, 0 if is_anew else consumed, arrived.sequence)
    rows = queried(flow, new.unionByName(again.rows) if again else new)
    released = before.select("batch").distinct() if before is not None and flow.is_rebuilt else None
    try:
        staged, seen, clear = _stage(flow, rows, parents)
        seen["keyless"] += arrived.books.get("quarantined", 0)
        inputs = {str(source.name): arrived.sequence, **{n: p.flows[n].sequence for n, p in parents.items()}}
        return _commit(flow, staged, seen, inputs, again.released if again else released, clear=clear)
    finally:
        unstage(flow.session, flow.staging)
        if again:
            again.released.unpersist()


def _batch(flow: Flow, source: Table, version: int, after: int, upto: int) -> DataFrame:
    """The input's rows of the batches not consumed yet; of full snapshots only the last counts."""
    first = max(upto, after + 1) if flow.table.disposition is Disposition.SNAPSHOT else after + 1
    return input_rows(flow, source, version).where(F.col("_sequence").between(F.lit(first), F.lit(upto)))


def _stage(
    flow: Flow, rows: DataFrame, parents: dict[str, TablePosition]
) -> tuple[DataFrame, dict[str, Any], DataFrame | None]:
    """Type, rule and rank the batch, and write it down with its measures; what its tokens stand for is not staged."""
    table = flow.table
    ruled = typed(rows, table).withColumns({FAILED: failed_rules(table), WARNED: warned_rules(table)})
    # Once for both: were the key rotated in between, a token would stand for nothing.
    read_keys = cache(partial(read_pii_keys, flow.job.env))
    safe, clear = treated(ruled, table, read_keys), token_values(ruled, table, read_keys)
    checked = with_horizon_checked(with_parents_checked(safe, table, parent_keys(flow, parents, safe)), flow)
    columns = [*table.column_names, FAILED, WARNED, RAW_ROW, POSITION, *ORIGIN, NEWEST, TIED]
    columns += [IS_DELETE] if table.apply_as_deletes else []
    told = checked.withColumn(RAW_ROW, raw_row()).drop(AS_GIVEN)
    newest = ranked(told, table).withColumns(origin()).select(*columns)
    observation, is_bad = Observation(), F.size(FAILED) > 0
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(reduce(or_, [F.col(k).isNull() for k in table.primary_key])).alias("keyless"),
        F.count_if(is_bad).alias("refused"),
        F.min(F.when(~is_bad, F.col(table.primary_key[0]))).alias("least"),
        F.max(F.when(~is_bad, F.col(table.primary_key[0]))).alias("greatest"),
        *warning_measures(table),
    ]
    staged = stage(flow.session, newest.observe(observation, *measures), flow.staging)
    return staged, observation.get, clear


def _commit(
    flow: Flow,
    staged: DataFrame,
    seen: dict[str, Any],
    inputs: dict[str, Any],
    released: DataFrame | None,
    *,
    clear: DataFrame | None,
) -> TableOutcome:
    table = flow.table
    if table.history:
        return keep_history(flow, staged, seen, inputs, released, clear=clear)
    snapshot = table.disposition is Disposition.SNAPSHOT
    bounds = None if snapshot or seen["least"] is None else (seen["least"], seen["greatest"])
    target = target_rows(flow, bounds)
    # A row without a readable key may be any that a snapshot seems to lack, so beside one nothing is deleted.
    known = tombstones(flow, within(table.primary_key[0], bounds)) if target else None
    is_whole = snapshot and not seen["keyless"]
    rows = classified(staged, target, table, tombstones=known, is_whole=is_whole)
    if target is not None:
        rows.persist()  # what became of a row is decided by a join, and asked for several times
    try:
        books, tied = _books(rows, table, seen["read"])
        balance(str(table.name), books)
        warnings = pass_gate(flow, rows, books) | warned(table, seen)
        warnings |= {NOT_WHOLE: seen["keyless"]} if snapshot and seen["keyless"] else {}
        warnings |= {SEQUENCE_TIED: tied} if tied else {}
        refused = refused_rows(rows, table) if books["quarantined"] else None
        quarantine(flow.session, flow.batch, flow.quarantine, refused, table.fingerprint, released)
        shows = books["inserted"] + books["updated"]
        keep_tokens(flow, clear, rows.where(F.col(FATE).isin(INSERT, UPDATE)) if shows else None)
        bury(flow, rows.where(is_delete(table) & F.col(FATE).isin(DELETE, BURY)) if books["tombstoned"] else None)
        if not flow.is_rebuilt:
            ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by, has_feed=flow.has_feed)
        landed = commit(
            flow.session,
            flow.batch,
            lambda: write_batch(flow, rows, books, bounds),
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
