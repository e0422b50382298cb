"""One table's ingestion: read what is new, stage it, drop what bronze knows, append the rest with its position."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.ingest.cursor_position import (
    AHEAD,
    ASKED_AT,
    CURSOR,
    LEAST,
    cursor_measures,
    is_same_position,
    position_in_words,
)
from jobs.ingest.dedupe import drop_known_rows
from jobs.ingest.drift import apply_schema_contract, unknown_columns
from jobs.ingest.drift_event import report_refusal, report_unknown_columns
from jobs.ingest.expired import unexpired
from jobs.ingest.readers import READERS
from jobs.ingest.reading import RAW, REASONS, nothing_yet, source_of
from jobs.ingest.replay import read_replayed_rows, replayed_positions
from jobs.ingest.suppression import unsuppressed
from jobs.ingest.worker_errors import known_error
from jobs.runtime.books import balance
from jobs.runtime.commit import append_nothing
from jobs.runtime.json_columns import as_json
from jobs.runtime.land import land, land_nothing
from jobs.runtime.quarantine import not_refused_before, quarantine
from jobs.runtime.session import without_ansi
from jobs.runtime.staging import remove_if_possible
from shared.contracts import Disposition
from shared.errors import SchemaDriftError
from shared.landed_columns import INGESTED_AT, RESCUED, RUN_ID, SEQUENCE, SOURCE_POSITION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.ingest.reading import Reading
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

CONTENT = "content"
COST = "cost"
NO_WINDOW = "left as it is: its source has no cursor, so a window cannot select part of it"


def ingest(flow: Flow) -> TableOutcome:
    """Bring a bronze table up to date with its source.

    Grain: one row of the source in, one row out, unless it equals the latest known row of its key. Rows that could
    not be read as rows go to the table's quarantine. A backfill reads the rows of its window and does not move the
    position; it skips a table whose source has no windows.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source answered something the contract does not describe.
        SchemaDriftError: the source's columns are not those of the contract; an event has been put on the bus.
        WindowError: a backfill's window does not fit the type of the table's cursor.
        UnbalancedBooksError: the rows that were read are not all accounted for.
    """
    try:
        return _ingest(flow)
    except SchemaDriftError as error:
        report_refusal(flow, error)
        raise


def _ingest(flow: Flow) -> TableOutcome:
    source = source_of(flow.table)
    if flow.job.window and not source.has_windows:
        return _with_position_and_cost(flow.unchanged(NO_WINDOW), flow.last_inputs)
    asked_at = datetime.now(UTC)
    if flow.is_replayed:
        reading = read_replayed_rows(flow)
    else:
        reading = READERS[source.type](flow.session, flow.table, flow.job, flow.last_inputs)
    if reading is None:
        is_first = flow.last_inputs is None and not flow.is_replayed
        outcome = land_nothing(flow, nothing_yet(source) if is_first else "")
        return _with_position_and_cost(outcome, flow.last_inputs)
    try:
        staged, seen = _stage(flow, reading)
        drift = unknown_columns(staged, flow.table) if seen["rescued"] else {}
        staged = apply_schema_contract(staged, flow.table)
        report_unknown_columns(flow, drift)
        inputs = reading.position if reading.position is not None else _position(flow, seen, asked_at)
        is_same = flow.table.disposition is Disposition.SNAPSHOT and is_same_position(inputs, flow.last_inputs)
        if is_same and not flow.is_replayed:
            return _with_position_and_cost(land_nothing(flow), inputs, seen[COST])
        landed = _commit(flow, staged, seen, inputs, drift, reading=reading)
        return _with_position_and_cost(landed, inputs, seen[COST] | {"remaining": reading.remaining})
    finally:
        remove_if_possible(flow.session, flow.staging_location, reading.scratch)


def _stage(flow: Flow, reading: Reading) -> tuple[DataFrame, dict[str, Any]]:
    try:
        staged, cost = reading.stage(flow.session, flow.staging_location)
    except Exception as error:
        known = known_error(error, str(flow.table.name)) or reading.translate(error)
        if known is None or known is error:
            raise
        raise known from error
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(_is_malformed()).alias("malformed"),
        F.count(RESCUED).alias("rescued"),
        *cursor_measures(flow.table, flow.last_inputs or {}),
    ]
    # It costs as much as reading does, so it is computed only where it is the position.
    if reading.position is None and flow.table.source and not flow.table.source.cursor:
        measures.append(F.sum(_fingerprint(flow.table)).alias(CONTENT))
    [seen] = staged.agg(*measures).collect()
    return staged, {**seen.asDict(), COST: cost.counts}


def _with_position_and_cost(
    outcome: TableOutcome, inputs: dict[str, Any] | None, cost: dict[str, int] | None = None
) -> TableOutcome:
    """The outcome with the position in words, and with what reading cost the source."""
    return outcome.model_copy(update={"cursor": position_in_words(inputs), **(cost or {})})


def _fingerprint(table: Table) -> Column:
    """A hash per row; the sum of them is the same for two full snapshots of the same rows, in whatever order."""
    return F.xxhash64(as_json(*table.column_names, RESCUED, RAW)).cast("decimal(38,0)")


def _is_malformed() -> Column:
    return F.size(REASONS) > 0


def _position(flow: Flow, seen: dict[str, Any], asked_at: datetime) -> dict[str, Any]:
    """The position once this batch lands: the greatest cursor, or the fingerprint of a snapshot.

    A backfill keeps the position, as it read nothing outside of its window.
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
    is_exact = reading.is_exact
    # Malformed rows, too: what could be read of one may show that it is of a person who was erased.
    with without_ansi(flow.session):
        allowed = unsuppressed(flow, staged)
    good = allowed.where(~_is_malformed())
    new = good if is_exact else drop_known_rows(flow, good, seen[LEAST])
    with without_ansi(flow.session):
        fresh = unexpired(flow, new)
    refused = _refused(flow, allowed, is_exact=is_exact).persist() if seen["malformed"] or seen["rescued"] else None
    # Each of these steps returns the very frame it was given when it leaves nothing out. If all of them did, every
    # staged row is appended, and their number is known without counting again.
    is_whole = allowed is staged and fresh is good and refused is None
    fresh = fresh if is_whole else fresh.persist()
    try:
        inserted = seen["read"] if is_whole else fresh.count()
        quarantined = refused.count() if refused is not None else 0
        if is_same_position(inputs, flow.last_inputs) and not inserted and not quarantined and not flow.is_replayed:
            return land_nothing(flow)
        books = {"read": seen["read"], "inserted": inserted, "quarantined": quarantined}
        books["superseded"] = seen["read"] - inserted - quarantined
        balance(str(flow.table.name), books)
        books |= seen[COST]
        rows = refused if quarantined else None
        released = reading.released
        if released is None and flow.is_replayed:
            released = replayed_positions(staged)
        quarantine(flow, rows, released)
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
        if refused is not None:
            refused.unpersist()


def _reason(flow: Flow) -> str:
    """The reason in the commit: empty, unless the batch is a backfill's."""
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
        F.current_timestamp().alias(INGESTED_AT),
        F.lit(flow.job.run_id).alias(RUN_ID),
        F.lit(flow.batch.sequence).cast("bigint").alias(SEQUENCE),
        SOURCE_POSITION,
        RESCUED,
    )


def _refused(flow: Flow, rows: DataFrame, *, is_exact: bool) -> DataFrame:
    """The malformed rows, as the quarantine holds them; of windows that overlap, only those not refused before."""
    refused = rows.where(_is_malformed()).select(
        F.col(REASONS).alias("rules"),
        F.col(SOURCE_POSITION).alias("source_position"),
        F.lit(None).cast("string").alias("row_key"),
        F.col(RAW).alias("row"),
    )
    if is_exact or flow.table.disposition is Disposition.SNAPSHOT or flow.is_replayed:
        return refused
    return not_refused_before(flow, refused)
