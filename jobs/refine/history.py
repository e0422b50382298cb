"""Brings a history up to date: adds the batch's events to the known ones, and recomputes the versions of their keys.

Versions are not patched: an event that changed nothing when it arrived matters once a late event comes before it. So
every event that counts is kept in a companion table, clustered by the key, from which alone the versions are computed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.refine.classify import SEQUENCE_TIED, TIED
from jobs.refine.deletes import is_delete
from jobs.refine.events import HORIZON, horizon_now, known_events, record
from jobs.refine.gate import pass_gate
from jobs.refine.refused import refused_rows
from jobs.refine.rules import FAILED, is_refused, warned
from jobs.refine.vault import keep_tokens
from jobs.runtime.books import balance
from jobs.runtime.comparison import compared
from jobs.runtime.fates import EFFECTIVE, FATE, INSERT, SUPERSEDED, booked, counted
from jobs.runtime.land import land
from jobs.runtime.merge import target_rows, write_batch
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.quarantine import quarantine
from jobs.runtime.retention import is_before
from jobs.runtime.versions import IS_DELETE, greatest_first, living_content, versions
from shared.contracts.versions import VALID_FROM, VALID_TO

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.refine.judge import Judged
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

ARRIVED, COUNTS = "_arrived", "_counts"
# The rule failed by an event from before the horizon, which can no longer be put in order among its neighbours.
BEFORE_HORIZON = "before_event_horizon"


def with_horizon_checked(rows: DataFrame, flow: Flow) -> DataFrame:
    """Add `before_event_horizon` to the failed rules of events of a history that arrive too late to be put in order.

    Grain: one row in, one row out. A batch that reads the input from the start accepts all events: the first one, one
    that rebuilds the table, and one that reads the input again.
    """
    horizon = horizon_now(flow)
    if horizon is None or flow.last_inputs is None:
        return rows
    is_late = F.coalesce(F.expr(is_before(flow.table.sequence_by[0], horizon)), F.lit(False))
    with_rule = F.array_append(FAILED, F.lit(BEFORE_HORIZON))
    return rows.withColumn(FAILED, F.when(is_late, with_rule).otherwise(F.col(FAILED)))


def keep_history(flow: Flow, batch: Judged, inputs: dict[str, Any], released: DataFrame | None) -> TableOutcome:
    """Commit the events of a judged batch, and the versions computed from them.

    Grain: events in; one row per key and version out. Only keys with a new event that counts are recomputed.

    Args:
        flow: The table's flow.
        batch: The judged rows of the batch, and their measures.
        inputs: How far the input is consumed once this lands.
        released: The rows that the quarantine releases, since the batch read them again.

    Raises:
        GateClosedError: the table with this batch applied fails a table rule of severity `error`.
        UnbalancedBooksError: rows read and rows accounted for differ.
    """
    table, of_versions = flow.table, replace(flow, table=flow.table.versions)
    seen, bounds, pinned = batch.seen, batch.bounds, [batch.rows]
    horizon = horizon_now(flow)
    try:
        events, found = pin(_weighed(flow, batch.rows, known_events(flow, bounds, horizon)), _events())
        pinned.append(events)
        changes, fates = pin(_changes(flow, events, target_rows(flow, bounds), horizon), counted(EFFECTIVE))
        pinned.append(changes)
        books = _books(seen, found, fates)
        balance(str(table.name), books)
        warnings = pass_gate(of_versions, changes, books) | warned(table, seen)
        warnings |= {SEQUENCE_TIED: found[TIED]} if found[TIED] else {}
        refused = refused_rows(batch.rows, table) if books["quarantined"] else None
        quarantine(flow, refused, released)
        counting = events.where(F.col(ARRIVED) & F.col(COUNTS)) if books["recorded"] else None
        keep_tokens(flow, batch.clear, counting)
        record(flow, counting, books["recorded"])
        return land(
            flow,
            lambda: write_batch(of_versions, changes, books, bounds),
            inputs=inputs | ({HORIZON: horizon.isoformat()} if horizon else {}),
            books=books,
            warnings=warnings,
        )
    finally:
        unpin(*pinned)


def _weighed(flow: Flow, batch: DataFrame, known: DataFrame | None) -> DataFrame:
    """The batch's good events with the known ones of their keys; `_counts` marks the one that counts at each moment.

    `_arrived` marks the batch's own, `_tied` one that only the tie-break ordered.
    """
    table = flow.table
    columns = [*table.column_names, IS_DELETE, ARRIVED]
    good = batch.where(~is_refused()).withColumns({IS_DELETE: is_delete(table), ARRIVED: F.lit(True)})
    events = good.select(*columns)
    if known is not None:
        of_these = known.join(events.select(*table.primary_key).distinct(), on=list(table.primary_key), how="left_semi")
        events = events.unionByName(of_these.withColumn(ARRIVED, F.lit(False)).select(*columns))
    # Among equals the known event counts, so that a second delivery changes nothing.
    at_one_moment = Window.partitionBy(*table.primary_key, table.sequence_by[0]).orderBy(
        *greatest_first(table), ARRIVED
    )
    event = F.struct(IS_DELETE, living_content(table))
    differs = ~F.lag(event).over(at_one_moment).eqNullSafe(event) & F.lag(F.lit(True)).over(at_one_moment)
    is_new = F.col(ARRIVED) | F.lag(ARRIVED).over(at_one_moment)
    ranks = {
        COUNTS: F.row_number().over(at_one_moment) == 1,
        TIED: F.coalesce(differs & is_new, F.lit(False)),
    }
    return events.withColumns(ranks)


def _changes(flow: Flow, weighed: DataFrame, target: DataFrame | None, horizon: datetime | None) -> DataFrame:
    """The versions to insert, update or delete, with their fate, for the keys with a new event that counts."""
    table = flow.table
    touched = weighed.where(F.col(COUNTS) & F.col(ARRIVED)).select(*table.primary_key).distinct()
    counting = weighed.where(COUNTS).join(touched, on=list(table.primary_key), how="left_semi")
    events = counting.select(*table.column_names, IS_DELETE)
    if target is None:
        return versions(events, table).withColumn(FATE, F.lit(INSERT))
    old = target.join(touched, on=list(table.primary_key), how="left_semi")
    if horizon is not None:
        # When the input is read from the start, events of the frozen past arrive again, so all of it may change.
        old = old if flow.is_reread else _from_horizon(old, table, horizon)
        past = _foundation(old, table, horizon)
        events = _joined_with_past(events, past, table) if flow.is_reread else events.unionByName(past)
    return compared(versions(events, table), old, table.versions).where(F.col(FATE) != SUPERSEDED)


def _from_horizon(old: DataFrame, table: Table, horizon: datetime) -> DataFrame:
    """The versions that events may still change: those from the horizon on, and each key's last one before it."""
    is_old = F.expr(is_before(VALID_FROM, horizon))
    newest_first = Window.partitionBy(*table.primary_key, is_old).orderBy(F.desc(VALID_FROM))
    ranked = old.withColumn("_rank", F.row_number().over(newest_first))
    return ranked.where(~is_old | (F.col("_rank") == 1)).drop("_rank")


def _foundation(old: DataFrame, table: Table, horizon: datetime) -> DataFrame:
    """The frozen past as events: the state of each key before the kept events begin.

    A version that began before the horizon gives an event for its beginning, one for its last confirmation, and a
    delete for its end, if these lie before the horizon too.
    """
    sequence, names = table.sequence_by[0], table.column_names
    last = old.where(is_before(VALID_FROM, horizon))

    def as_events(rows: DataFrame, moment: str, *, are_deletes: bool) -> DataFrame:
        values = [F.col(moment).alias(n) if n == sequence else F.col(n) for n in names]
        return rows.select(*values, F.lit(are_deletes).alias(IS_DELETE))

    began = as_events(last, VALID_FROM, are_deletes=False)
    is_confirmed = F.expr(is_before(sequence, horizon)) & (F.col(sequence) > F.col(VALID_FROM))
    confirmed = as_events(last.where(is_confirmed), sequence, are_deletes=False)
    ended = as_events(last.where(is_before(VALID_TO, horizon)), VALID_TO, are_deletes=True)
    return began.unionByName(confirmed).unionByName(ended)


def _joined_with_past(events: DataFrame, past: DataFrame, table: Table) -> DataFrame:
    """Events together with the frozen past, one row per key and moment.

    If both have a row for a moment, the event wins over the version that was made from it. Where one version ends and
    the next begins, the beginning wins: that end is not a delete.
    """
    rank = F.when(F.col(IS_DELETE), 2).otherwise(1)
    both = events.withColumn("_rank", F.lit(0)).unionByName(past.withColumn("_rank", rank))
    at_one_moment = Window.partitionBy(*table.primary_key, table.sequence_by[0]).orderBy("_rank")
    first = both.withColumn("_first", F.row_number().over(at_one_moment)).where("_first = 1")
    return first.drop("_rank", "_first")


def _events() -> list[Column]:
    """Count the events of the batch that count, those that do not, and those that only the tie-break ordered."""
    is_new = F.col(ARRIVED)
    return [
        F.count_if(is_new & F.col(COUNTS)).alias("recorded"),
        F.count_if(is_new & ~F.col(COUNTS)).alias("superseded"),
        F.count_if(TIED).alias(TIED),
    ]


def _books(seen: dict[str, Any], events: dict[str, int], fates: dict[str, int]) -> dict[str, int]:
    """The books of a history's batch: the accounts of the events read, and those of the versions."""
    books = {"read": seen["read"], "quarantined": seen["refused"]}
    books |= booked(fates, EFFECTIVE)
    return books | {"recorded": events["recorded"], "superseded": events["superseded"]}
