"""A history brought up to date: the batch's events join those known, and the versions of their keys are made anew.

Versions are not patched: an event that changed nothing when it came matters once a late one lands before it. So every
event that counts is kept in a companion table, clustered by the key, and the versions follow from it alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import reduce
from operator import and_
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
from jobs.runtime.fates import DELETE, EFFECTIVE, FATE, INSERT, UPDATE, booked, counted
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
# The rule that an event breaks when those it would have to be put among are no longer kept.
BEFORE_HORIZON = "before_event_horizon"


def with_horizon_checked(rows: DataFrame, flow: Flow) -> DataFrame:
    """Add `before_event_horizon` to the failed rules of events of a history that come too late to be put in order.

    Grain: one row in, one row out. The first batch of a table is its past, and is taken whole, and so is what it is
    made anew of, and an input that is read from the start.
    """
    horizon = horizon_now(flow)
    if horizon is None or flow.last_inputs is None:
        return rows
    is_late = F.coalesce(F.expr(is_before(flow.table.sequence_by[0], horizon)), F.lit(False))
    with_rule = F.array_append(FAILED, F.lit(BEFORE_HORIZON))
    return rows.withColumn(FAILED, F.when(is_late, with_rule).otherwise(F.col(FAILED)))


def keep_history(flow: Flow, batch: Judged, inputs: dict[str, Any], released: DataFrame | None) -> TableOutcome:
    """Commit the events of a judged batch, and the versions that they make.

    Grain: events in; one row per key and version out. Only keys with an event that counts are made anew.

    Args:
        flow: The table's flow.
        batch: The judged rows of the batch, and their measures.
        inputs: How far the input is consumed once this lands.
        released: The rows that the quarantine lets go, since the batch read them again.

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
    """The batch's good events beside those known of their keys: `_counts` marks the one that counts at each moment."""
    table = flow.table
    columns = [*table.column_names, IS_DELETE, ARRIVED]
    good = batch.where(~is_refused()).withColumns({IS_DELETE: is_delete(table), ARRIVED: F.lit(True)})
    events = good.select(*columns)
    if known is not None:
        of_these = known.join(events.select(*table.primary_key).distinct(), on=list(table.primary_key), how="left_semi")
        events = events.unionByName(of_these.withColumn(ARRIVED, F.lit(False)).select(*columns))
    # Among equals the one that is known already counts, so that a second delivery is no news.
    at_one_moment = Window.partitionBy(*table.primary_key, table.sequence_by[0]).orderBy(
        *greatest_first(table), ARRIVED
    )
    word = F.struct(IS_DELETE, living_content(table))
    is_other = ~F.lag(word).over(at_one_moment).eqNullSafe(word) & F.lag(F.lit(True)).over(at_one_moment)
    is_news = F.col(ARRIVED) | F.lag(ARRIVED).over(at_one_moment)
    ranks = {
        COUNTS: F.row_number().over(at_one_moment) == 1,
        TIED: F.coalesce(is_other & is_news, F.lit(False)),
    }
    return events.withColumns(ranks)


def _changes(flow: Flow, weighed: DataFrame, target: DataFrame | None, horizon: datetime | None) -> DataFrame:
    """What has to be done to the versions of the keys that have news: rows of the target with their fate."""
    table, names = flow.table, flow.table.versions.column_names
    touched = weighed.where(F.col(COUNTS) & F.col(ARRIVED)).select(*table.primary_key).distinct()
    counting = weighed.where(COUNTS).join(touched, on=list(table.primary_key), how="left_semi")
    events = counting.select(*table.column_names, IS_DELETE)
    if target is None:
        return versions(events, table).withColumn(FATE, F.lit(INSERT))
    old = target.join(touched, on=list(table.primary_key), how="left_semi")
    if horizon is not None:
        # Events of the frozen past come again when the input is read from the start, so all of it may change.
        old = old if flow.is_reread else _from_horizon(old, table, horizon)
        past = _foundation(old, table, horizon)
        events = _joined_with_past(events, past, table) if flow.is_reread else events.unionByName(past)
    new = versions(events, table)
    key = [*table.primary_key, VALID_FROM]
    before = old.select(*[F.col(n).alias(f"_old_{n}") for n in names])
    met = new.join(before, on=reduce(and_, [F.col(k) == F.col(f"_old_{k}") for k in key]), how="full")
    is_same = F.struct(*names) == F.struct(*[F.col(f"_old_{n}").alias(n) for n in names])
    fate = F.when(F.col(f"_old_{VALID_FROM}").isNull(), INSERT).when(F.col(VALID_FROM).isNull(), DELETE)
    told = met.withColumn(FATE, fate.when(~is_same, UPDATE)).where(F.col(FATE).isNotNull())
    whole = [F.coalesce(F.col(n), F.col(f"_old_{n}")).alias(n) if n in key else F.col(n) for n in names]
    return told.select(*whole, FATE)


def _from_horizon(old: DataFrame, table: Table, horizon: datetime) -> DataFrame:
    """The versions that events may still change: those from the horizon on, and the last one that began before it."""
    is_old = F.expr(is_before(VALID_FROM, horizon))
    newest_first = Window.partitionBy(*table.primary_key, is_old).orderBy(F.desc(VALID_FROM))
    ranked = old.withColumn("_rank", F.row_number().over(newest_first))
    return ranked.where(~is_old | (F.col("_rank") == 1)).drop("_rank")


def _foundation(old: DataFrame, table: Table, horizon: datetime) -> DataFrame:
    """The frozen past as events: how each key stood when the kept events begin.

    A version from before the horizon says when it began, when it was last confirmed, and when it ended.
    """
    sequence, names = table.sequence_by[0], table.column_names
    last = old.where(is_before(VALID_FROM, horizon))

    def told(rows: DataFrame, moment: str, *, gone: bool) -> DataFrame:
        values = [F.col(moment).alias(n) if n == sequence else F.col(n) for n in names]
        return rows.select(*values, F.lit(gone).alias(IS_DELETE))

    began = told(last, VALID_FROM, gone=False)
    confirmed = last.where(is_before(sequence, horizon)).where(F.col(sequence) > F.col(VALID_FROM))
    ended = told(last.where(is_before(VALID_TO, horizon)), VALID_TO, gone=True)
    return began.unionByName(told(confirmed, sequence, gone=False)).unionByName(ended)


def _joined_with_past(events: DataFrame, past: DataFrame, table: Table) -> DataFrame:
    """Events together with the frozen past, one row per key and moment: both may tell of the same one.

    An event that came says more than a version that was made of it; and one version ends where the next one begins,
    which is no delete.
    """
    rank = F.when(F.col(IS_DELETE), 2).otherwise(1)
    both = events.withColumn("_rank", F.lit(0)).unionByName(past.withColumn("_rank", rank))
    at_one_moment = Window.partitionBy(*table.primary_key, table.sequence_by[0]).orderBy("_rank")
    first = both.withColumn("_first", F.row_number().over(at_one_moment)).where("_first = 1")
    return first.drop("_rank", "_first")


def _events() -> list[Column]:
    """How many events of the batch count, how many do not, and how many only the rule for ties told apart."""
    is_new = F.col(ARRIVED)
    return [
        F.count_if(is_new & F.col(COUNTS)).alias("recorded"),
        F.count_if(is_new & ~F.col(COUNTS)).alias("superseded"),
        F.count_if(TIED).alias(TIED),
    ]


def _books(seen: dict[str, Any], events: dict[str, int], fates: dict[str, int]) -> dict[str, int]:
    """What becomes of the events read, and of the versions."""
    books = {"read": seen["read"], "quarantined": seen["refused"]}
    books |= booked(fates, EFFECTIVE)
    return books | {"recorded": events["recorded"], "superseded": events["superseded"]}
