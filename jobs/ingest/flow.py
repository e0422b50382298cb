"""One table's ingestion: read what is new, stage it, keep what is not known yet, append it with its position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation, Window
from pyspark.sql import functions as F

from jobs.ingest.reading import RAW, REASONS, RESCUED, SOURCE_POSITION
from jobs.ingest.readers import READERS, register, translate
from jobs.runtime.books import balance
from jobs.runtime.commit import append_nothing, commit
from jobs.runtime.quarantine import quarantine
from jobs.runtime.staging import stage, unstage
from jobs.runtime.tables import ensure_table, read_version, spark_schema
from shared.contracts import Disposition
from shared.errors import ContractError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.ingest.reading import Reading
    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.jobs import TableOutcome

CURSOR = "cursor"
CONTENT = "content"


def ingest(flow: Flow) -> TableOutcome:
    """Bring a bronze table up to date with its source.

    Grain: one row of the source in, one row out, unless it equals the latest known row of its key. Rows that could
    not be read as rows go to the table's quarantine.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source answered something the contract does not describe.
        UnbalancedBooksError: rows read and rows accounted for differ.
    """
    register(flow.session)
    source = flow.table.source
    if source is None:
        raise ContractError(f"{flow.table.name} has no source")
    reading = READERS[source.type](flow.session, flow.table, flow.job, flow.last_inputs)
    if reading is None:
        return flow.unchanged()
    try:
        staged, seen = _stage(flow, reading)
        inputs = reading.position if reading.position is not None else _position(flow, seen)
        if inputs == flow.last_inputs and flow.table.disposition is Disposition.SNAPSHOT:
            return flow.unchanged()
        return _commit(flow, staged, seen, inputs)
    finally:
        unstage(flow.session, flow.staging)


def _stage(flow: Flow, reading: Reading) -> tuple[DataFrame, dict[str, Any]]:
    observation = Observation()
    cursor = flow.table.source.cursor if flow.table.source else None
    measures = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(_is_malformed()).alias("quarantined"),
        F.sum(_fingerprint(flow.table)).alias(CONTENT),
        (F.max(F.col(cursor)) if cursor else F.lit(None)).cast("string").alias(CURSOR),
    ]
    try:
        staged = stage(flow.session, reading.rows.observe(observation, *measures), flow.staging)
    except Exception as error:
        known = translate(error, flow.table)
        if known is None:
            raise
        raise known from error
    return staged, observation.get


def _fingerprint(table: Table) -> Column:
    """A number per row whose sum tells whether two full snapshots hold the same rows, in whatever order."""
    whole_row = F.to_json(F.struct(*table.column_names, RESCUED, RAW), {"ignoreNullFields": "false"})
    return F.xxhash64(whole_row).cast("decimal(38,0)")


def _is_malformed() -> Column:
    return F.size(REASONS) > 0


def _position(flow: Flow, seen: dict[str, Any]) -> dict[str, Any]:
    """How far the source is consumed once this batch lands: the greatest cursor, or the snapshot's content."""
    if flow.table.source and flow.table.source.cursor:
        greatest = [c for c in (seen[CURSOR], (flow.last_inputs or {}).get(CURSOR)) if c is not None]
        return {CURSOR: max(greatest, default=None)}
    return {CONTENT: str(seen[CONTENT] or 0), "rows": seen["read"]}


def _commit(flow: Flow, staged: DataFrame, seen: dict[str, Any], inputs: dict[str, Any]) -> TableOutcome:
    fresh = _fresh(flow, staged.where(~_is_malformed())).persist()
    try:
        inserted = fresh.count()
        books = {
            "read": seen["read"],
            "inserted": inserted,
            "superseded": seen["read"] - seen["quarantined"] - inserted,
            "quarantined": seen["quarantined"],
        }
        if inputs == flow.last_inputs and inserted == 0 and not _has_new_malformed(flow, seen):
            return flow.unchanged()
        balance(str(flow.table.name), books)
        refused = _refused(staged) if seen["quarantined"] else None
        quarantine(flow.session, flow.batch, flow.quarantine, refused, flow.table.fingerprint)
        ensure_table(flow.session, flow.location, spark_schema(flow.table), flow.table.cluster_by)
        rows = _landed(flow, fresh)
        landed = commit(
            flow.session,
            flow.batch,
            lambda: _append(rows, flow.location, inserted),
            inputs=inputs,
            books=books,
            fingerprint=flow.table.fingerprint,
        )
        return flow.succeeded(landed.version, books)
    finally:
        fresh.unpersist()


def _has_new_malformed(flow: Flow, seen: dict[str, Any]) -> bool:
    return seen["quarantined"] > 0 and flow.batch.last is None


def _append(rows: DataFrame, location: str, count: int) -> None:
    if count == 0:
        append_nothing(rows, location)
    else:
        rows.write.format("delta").mode("append").save(location)


def _fresh(flow: Flow, rows: DataFrame) -> DataFrame:
    """The rows to append: a full snapshot whole, else those that differ from the latest known row of their key."""
    if flow.table.disposition is Disposition.SNAPSHOT:
        return rows
    names = [*flow.table.column_names, RESCUED]
    once = rows.dropDuplicates(names)  # the very same row sent twice is one row
    if flow.batch.before.version < 0:
        return once
    return once.alias("new").join(
        _latest_known(flow, rows).alias("known"),
        on=_all(F.col(f"new.{n}").eqNullSafe(F.col(f"known.{n}")) for n in names),
        how="left_anti",
    )


def _latest_known(flow: Flow, rows: DataFrame) -> DataFrame:
    """The latest row of each key that bronze holds, as far back as this batch reaches."""
    known = read_version(flow.session, flow.location, flow.batch.before.version)
    cursor = flow.table.source.cursor if flow.table.source else None
    if cursor:
        low = rows.agg(F.min(cursor)).first()
        known = known.where(F.col(cursor) >= F.lit(low[0] if low else None))
    newest = Window.partitionBy(*flow.table.primary_key).orderBy(F.desc("_sequence"))
    return known.withColumn("_newest", F.row_number().over(newest)).where(F.col("_newest") == 1)


def _all(conditions: Any) -> Column:
    condition = F.lit(True)  # noqa: FBT003 - a literal column
    for one in conditions:
        condition = condition & one
    return condition


def _landed(flow: Flow, fresh: DataFrame) -> DataFrame:
    return fresh.select(
        *flow.table.column_names,
        F.current_timestamp().alias("_ingested_at"),
        F.lit(flow.job.run_id).alias("_run_id"),
        F.lit(flow.batch.sequence).cast("bigint").alias("_sequence"),
        SOURCE_POSITION,
        RESCUED,
    )


def _refused(staged: DataFrame) -> DataFrame:
    return staged.where(_is_malformed()).select(
        F.col(REASONS).alias("rules"),
        F.col(SOURCE_POSITION).alias("source_position"),
        F.lit(None).cast("string").alias("row_key"),
        F.col(RAW).alias("row"),
    )
