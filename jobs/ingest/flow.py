"""One table's ingestion: read what is new, stage it, keep what is not known yet, append it with its position."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.ingest.again import read_again, read_positions
from jobs.ingest.drift import settled, unknown_columns
from jobs.ingest.drift_event import tell_of_refusal, tell_of_unknown
from jobs.ingest.expired import unexpired
from jobs.ingest.known import unknown
from jobs.ingest.reached import AHEAD, ASKED_AT, CURSOR, LEAST, is_as_far, reach, reached
from jobs.ingest.readers import READERS, translate
from jobs.ingest.reading import RAW, REASONS, RESCUED, SOURCE_POSITION, source_of
from jobs.ingest.suppression import unsuppressed
from jobs.runtime.books import balance
from jobs.runtime.commit import append_nothing
from jobs.runtime.land import land
from jobs.runtime.quarantine import not_refused_before, quarantine, restore_released
from jobs.runtime.session import without_ansi
from jobs.runtime.staging import remove_folder
from jobs.runtime.texts import as_json
from shared.contracts import Disposition
from shared.errors import SchemaDriftError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.ingest.reading import Reading
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

CONTENT = "content"
FETCHED = "fetched"
NO_WINDOW = "left as it is: its source is not asked by a cursor, so there is no window of it"


def ingest(flow: Flow) -> TableOutcome:
    """Bring a bronze table up to date with its source.

    Grain: one row of the source in, one row out, unless it equals the latest known row of its key. Rows that could
    not be read as rows go to the table's quarantine. A backfill reads the rows of its window and leaves the position
    where it is; a table whose source has no windows it leaves alone.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source answered something the contract does not describe.
        SchemaDriftError: the source's columns are not those of the contract; the event bus has been told.
        WindowError: the window of a backfill is none of the table's cursor.
        UnbalancedBooksError: rows read and rows accounted for differ.
    """
    try:
        return _ingest(flow)
    except SchemaDriftError as error:
        tell_of_refusal(flow, error)
        raise


def _ingest(flow: Flow) -> TableOutcome:
    source = source_of(flow.table)
    if flow.job.window and not source.has_windows:
        return _told(flow.unchanged(NO_WINDOW), flow.last_inputs)
    asked_at = datetime.now(UTC)
    if flow.is_replayed:
        reading = read_again(flow)
    else:
        reading = READERS[source.type](flow.session, flow.table, flow.job, flow.last_inputs)
    if reading is None:
        restore_released(flow.session, flow.batch, flow.quarantine, flow.table.fingerprint)
        return _told(flow.unchanged(), flow.last_inputs)
    try:
        staged, seen = _stage(flow, reading)
        drift = unknown_columns(staged, flow.table) if seen["rescued"] else {}
        staged = settled(staged, flow.table)
        tell_of_unknown(flow, drift)
        inputs = reading.position if reading.position is not None else _position(flow, seen, asked_at)
        is_same = flow.table.disposition is Disposition.SNAPSHOT and is_as_far(inputs, flow.last_inputs)
        if is_same and not flow.is_replayed:
            return _told(flow.unchanged(), inputs, seen[FETCHED])
        return _told(_commit(flow, staged, seen, inputs, drift, reading=reading), inputs, seen[FETCHED])
    finally:
        remove_folder(flow.session, flow.staging)
        if reading.scratch:
            remove_folder(flow.session, reading.scratch)


def _stage(flow: Flow, reading: Reading) -> tuple[DataFrame, dict[str, Any]]:
    try:
        staged, fetched = reading.stage(flow.session, flow.staging)
    except Exception as error:
        known = translate(error, flow.table) or reading.meaning(error)
        if known is None or known is error:
            raise
        raise known from error
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(_is_malformed()).alias("malformed"),
        F.count(RESCUED).alias("rescued"),
        *reach(flow.table, flow.last_inputs or {}),
    ]
    # It costs as much as reading does, so it is worked out only where it is the position.
    if reading.position is None and flow.table.source and not flow.table.source.cursor:
        measures.append(F.sum(_fingerprint(flow.table)).alias(CONTENT))
    [seen] = staged.agg(*measures).collect()
    return staged, {**seen.asDict(), FETCHED: fetched.counts}


def _told(outcome: TableOutcome, inputs: dict[str, Any] | None, fetched: dict[str, int] | None = None) -> TableOutcome:
    """An outcome that says how far the source has been read, and what this run asked of it."""
    return outcome.model_copy(update={"cursor": reached(inputs), **(fetched or {})})


def _fingerprint(table: Table) -> Column:
    """A number per row whose sum tells whether two full snapshots hold the same rows, in whatever order."""
    return F.xxhash64(as_json(*table.column_names, RESCUED, RAW)).cast("decimal(38,0)")


def _is_malformed() -> Column:
    return F.size(REASONS) > 0


def _position(flow: Flow, seen: dict[str, Any], asked_at: datetime) -> dict[str, Any]:
    """How far the source is consumed once this batch lands: the greatest cursor, or the snapshot's content.

    A backfill says nothing of what lies around its window, so it consumes nothing.
    """
    if flow.job.window:
        return flow.last_inputs or {CURSOR: None}
    if flow.table.source and flow.table.source.cursor:
        return {CURSOR: seen[CURSOR], ASKED_AT: asked_at.isoformat()}
    return {CONTENT: str(seen[CONTENT] or 0), "rows": seen["read"]}


def _commit(
    flow: Flow,
    staged: DataFrame,
    seen: dict[str, Any],
    inputs: dict[str, Any],
    drift: dict[str, int],
    *,
    reading: Reading,
) -> TableOutcome:
    once = reading.once
    # What can be read of a refused row, too, may be enough to know somebody by who was erased.
    with without_ansi(flow.session):
        allowed = unsuppressed(flow, staged)
    good = allowed.where(~_is_malformed())
    said = good if once else unknown(flow, good, seen[LEAST])
    with without_ansi(flow.session):
        fresh = unexpired(flow, said)
    refused = _refused(flow, allowed, once=once).persist() if seen["malformed"] or seen["rescued"] else None
    # Nothing is counted twice: where every row comes in, as it was staged, their number is known.
    is_whole = allowed is staged and fresh is good and refused is None
    fresh = fresh if is_whole else fresh.persist()
    try:
        inserted, quarantined = seen["read"] if is_whole else fresh.count(), refused.count() if refused else 0
        if is_as_far(inputs, flow.last_inputs) and not inserted and not quarantined and not flow.is_replayed:
            return flow.unchanged()
        books = {"read": seen["read"], "inserted": inserted, "quarantined": quarantined}
        books["superseded"] = seen["read"] - inserted - quarantined
        balance(str(flow.table.name), books)
        books |= seen[FETCHED]
        rows = refused if quarantined else None
        released = reading.released
        if released is None and flow.is_replayed:
            released = read_positions(staged)
        quarantine(flow.session, flow.batch, flow.quarantine, rows, flow.table.fingerprint, released)
        return land(
            flow,
            lambda: _append(_landed(flow, fresh), flow.location, inserted),
            inputs=inputs,
            books=books,
            warnings=drift | ({AHEAD: seen[AHEAD]} if seen[AHEAD] else {}),
            reason=_reason(flow),
        )
    finally:
        if not is_whole:
            fresh.unpersist()
        if refused:
            refused.unpersist()


def _reason(flow: Flow) -> str:
    """What a commit says of how its batch came about: nothing, unless it is a backfill's."""
    source, window = flow.table.source, flow.job.window
    return f"backfill of {source.cursor} {window}" if source and window else ""


def _append(rows: DataFrame, location: str, count: int) -> None:
    if count == 0:
        append_nothing(rows, location)
    else:
        rows.write.format("delta").mode("append").save(location)


def _landed(flow: Flow, fresh: DataFrame) -> DataFrame:
    return fresh.select(
        *flow.table.column_names,
        F.current_timestamp().alias("_ingested_at"),
        F.lit(flow.job.run_id).alias("_run_id"),
        F.lit(flow.batch.sequence).cast("bigint").alias("_sequence"),
        SOURCE_POSITION,
        RESCUED,
    )


def _refused(flow: Flow, rows: DataFrame, *, once: bool) -> DataFrame:
    """The rows that could not be read; of windows that overlap, those alone that were not refused before."""
    refused = rows.where(_is_malformed()).select(
        F.col(REASONS).alias("rules"),
        F.col(SOURCE_POSITION).alias("source_position"),
        F.lit(None).cast("string").alias("row_key"),
        F.col(RAW).alias("row"),
    )
    if once or flow.table.disposition is Disposition.SNAPSHOT or flow.is_replayed:
        return refused
    return not_refused_before(flow.session, flow.batch, flow.quarantine, refused)
