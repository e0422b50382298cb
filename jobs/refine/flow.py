"""Refines one table: types, checks, deduplicates and classifies new bronze rows, passes the gate and merges them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.classify import SEQUENCE_TIED, TIED, gone
from jobs.refine.consumed import (
    consumed_of,
    consumed_upto,
    held_rows_reread,
    refuse_increment,
    reread_if_input_changed,
)
from jobs.refine.deletes import bury, is_delete
from jobs.refine.gate import pass_gate
from jobs.refine.history import keep_history
from jobs.refine.judge import judge, judge_events
from jobs.refine.key_version import refuse_two_versions, version_of_keys
from jobs.refine.origin import input_rows, queried
from jobs.refine.refused import refused_rows
from jobs.refine.relationships import parent_positions
from jobs.refine.replay import rows_to_replay
from jobs.refine.rules import warned
from jobs.refine.vault import keep_tokens
from jobs.runtime.books import balance
from jobs.runtime.fates import ACCOUNT_OF, BURY, DELETE, FATE, INSERT, UPDATE, booked
from jobs.runtime.land import land, land_nothing
from jobs.runtime.merge import target_rows, write_batch
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.quarantine import held, quarantine
from jobs.runtime.session import ANSI
from shared.contracts import Disposition
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyspark.sql import DataFrame

    from jobs.refine.judge import Judged
    from jobs.refine.replay import Replayed
    from jobs.runtime.flow import Flow
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table
    from shared.jobs import TableOutcome

# The warning of a snapshot that deleted nothing, because of rows without a readable key.
NOT_WHOLE = "snapshot_not_whole"


def refine(flow: Flow) -> TableOutcome:
    """Bring a silver table up to date with its bronze input.

    Grain: the new rows of the input in, one row per primary key out. Arrival order, duplicates and re-deliveries do
    not change the result; rows that fail a rule of severity `error` go to the quarantine.

    Raises:
        GateClosedError: the table with this batch applied fails a table rule of severity `error`.
        UnbalancedBooksError: rows read and rows accounted for differ.
        ContractError: the primary key is treated, and the key for personal values was rotated since the last batch,
            whose rows would stay.
        PositionLostError: the table is a snapshot, and its input has not been read as one yet.
    """
    source = flow.catalog.table(str(flow.table.inputs[0]))
    position = flow.position_of(source)
    arrived = position.flows[str(source.name)]
    flow = reread_if_input_changed(flow, source, position)
    consumed = consumed_of(flow.last_inputs, str(source.name), position)
    in_quarantine = held(flow)
    if arrived.newest == consumed and in_quarantine is None:
        return flow.unchanged()
    if flow.table.disposition is Disposition.SNAPSHOT:
        refuse_increment(flow, source, arrived)
    flow.session.conf.set(ANSI, "false")  # a value that does not fit fails its rule, not the batch
    parents = parent_positions(flow)
    is_replaced = arrived.newest != consumed and flow.table.disposition is Disposition.SNAPSHOT
    decides_all = flow.is_reread or is_replaced or flow.is_rebuilt
    replayed = None
    if in_quarantine is not None and not decides_all:
        replayed = rows_to_replay(flow, source, position.version, in_quarantine, parents)
    if arrived.newest == consumed and replayed is None:
        return land_nothing(flow)
    new = _batch(flow, source, position.version, consumed, arrived.newest)
    rows = queried(flow.table, new.unionByName(replayed.rows) if replayed else new)
    released = _released(flow, rows, in_quarantine, replayed)
    try:
        inputs = consumed_upto(str(source.name), arrived.newest, position)
        inputs |= _parents_met(flow, parents, decides_all=decides_all) | version_of_keys(flow)
        if flow.table.disposition is not Disposition.SNAPSHOT:
            refuse_two_versions(flow, inputs)
        if flow.table.history:
            return keep_history(flow, judge_events(flow, rows, parents), inputs, released)
        batch = judge(flow, rows, parents)
        # Rows that bronze refused may have any key, so a snapshot without them is not whole.
        keyless = batch.seen["keyless"] + arrived.books.get("quarantined", 0)
        batch = replace(batch, seen=batch.seen | {"keyless": keyless})
        return _commit(flow, batch, inputs, released)
    finally:
        if replayed:
            replayed.released.unpersist()


def _parents_met(flow: Flow, parents: Mapping[str, TablePosition], *, decides_all: bool) -> dict[str, int]:
    """The parents' batches that all held rows have been tried with; a replay of one rule tries only some rows."""
    if flow.is_replayed and flow.job.replay and flow.job.replay.rule and not decides_all:
        return {name: batch for name, batch in (flow.last_inputs or {}).items() if name in parents}
    return {name: position.flows[name].newest for name, position in parents.items()}


def _released(
    flow: Flow, rows: DataFrame, in_quarantine: DataFrame | None, replayed: Replayed | None
) -> DataFrame | None:
    """The held rows that the quarantine releases, since this batch decides them again; None if there are none."""
    if replayed:
        return replayed.released
    if in_quarantine is None:
        return None
    if flow.is_rebuilt:
        return in_quarantine.select("batch").distinct()
    return held_rows_reread(rows, in_quarantine, flow.table) if flow.is_reread else None


def _batch(flow: Flow, source: Table, version: int, after: int, upto: int) -> DataFrame:
    """The input's rows of the batches that are not consumed yet; for a snapshot, those of the last batch only."""
    first = max(upto, after + 1) if flow.table.disposition is Disposition.SNAPSHOT else after + 1
    return input_rows(flow, source, version).where(F.col(SEQUENCE).between(F.lit(first), F.lit(upto)))


def _commit(flow: Flow, batch: Judged, inputs: dict[str, Any], released: DataFrame | None) -> TableOutcome:
    table, seen, rows, bounds = flow.table, batch.seen, batch.rows, batch.bounds
    pinned = [batch.rows]
    try:
        books = _books(seen, table)
        if (missing := _missing(flow, batch, inputs)) is not None:
            deletes, counted = pin(missing, [F.count(F.lit(1)).alias("rows")])
            pinned.append(deletes)
            # Any row of the target may be deleted.
            rows, bounds = rows.unionByName(deletes, allowMissingColumns=True), None
            books["deleted"] += counted["rows"]
        balance(str(table.name), books)
        warnings = pass_gate(flow, rows, books) | warned(table, seen)
        is_snapshot = table.disposition is Disposition.SNAPSHOT
        warnings |= {NOT_WHOLE: seen["keyless"]} if is_snapshot and seen["keyless"] else {}
        warnings |= {SEQUENCE_TIED: seen[TIED]} if seen[TIED] else {}
        refused = refused_rows(batch.rows, table) if books["quarantined"] else None
        quarantine(flow, refused, released)
        shows = books["inserted"] + books["updated"]
        keep_tokens(flow, batch.clear, rows.where(F.col(FATE).isin(INSERT, UPDATE)) if shows else None)
        bury(flow, rows.where(is_delete(table) & F.col(FATE).isin(DELETE, BURY)) if books["tombstoned"] else None)
        return land(flow, lambda: write_batch(flow, rows, books, bounds), inputs=inputs, books=books, warnings=warnings)
    finally:
        unpin(*pinned)


def _missing(flow: Flow, batch: Judged, inputs: Mapping[str, Any]) -> DataFrame | None:
    """The target's rows that a snapshot lacks; None if a row has no readable key, since it could be any of them."""
    target = target_rows(flow, None) if flow.table.disposition is Disposition.SNAPSHOT else None
    if target is None:
        return None
    if batch.seen["keyless"]:
        refuse_two_versions(flow, inputs)
        return None
    return gone(batch.rows, target, flow.table)


def _books(seen: dict[str, Any], table: Table) -> dict[str, int]:
    """The books of a judged batch."""
    books = {"read": seen["read"], **booked(seen, ACCOUNT_OF)}
    return books | {"tombstoned": seen[BURY] + (seen[DELETE] if table.apply_as_deletes else 0)}
