"""A lake to measure on: silver has rows in files by key, and bronze one batch that silver has not consumed yet."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import Window
from pyspark.sql import functions as F

from jobs.main import run
from jobs.runtime.commit import append_nothing, commit
from jobs.runtime.files import earlier_outcomes
from jobs.runtime.flow import open_flow
from jobs.runtime.session import batch_session
from jobs.runtime.tables import ensure_table, spark_schema
from scripts.benching.protocol_contracts import IMAGES, LANDED, NUMBERS, VERSIONS
from scripts.running.item_tables import ENVIRONMENT
from shared.errors import StepFailedError
from shared.jobs import Job, Status, Step
from shared.landed_columns import INGESTED_AT, RESCUED, RUN_ID, SEQUENCE, SOURCE_POSITION
from shared.names import TableName, pii_folder, table_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Catalog

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROWS_OF_A_FILE = 125_000
PARTITIONS = 8
# One in so many rows of a batch fails a rule.
BAD_EVERY = 1000


@dataclass(frozen=True)
class BenchLake:
    """A lake in a folder, and both ways to bring its silver up to date."""

    spark: SparkSession
    catalog: Catalog
    root: Path

    def fill(self, size: int, batch: range) -> None:
        """Fill silver with the keys up to `size`, and land a batch of some keys in bronze."""
        self._commit(LANDED, range(0), {})
        for table in IMAGES:
            self._commit(table, range(size), {LANDED: 1})
        self._commit(LANDED, batch, {})

    def fill_history(self, size: int, batch: range) -> None:
        """Fill the history with the keys up to `size`, by a run, and land a batch of some keys in bronze."""
        self._commit(LANDED, range(size), {})
        self.refine(VERSIONS)
        self._commit(LANDED, batch, {})

    def copied(self, root: Path) -> BenchLake:
        """A copy of the lake elsewhere, with hard links, since no file of a Delta table is ever rewritten."""
        shutil.copytree(self.root, root, copy_function=os.link)
        return replace(self, root=root)

    def refine(self, table: str) -> None:
        """Bring a silver table up to date as a run does: the step, and the ledger's page.

        Raises:
            StepFailedError: it took nothing in.
        """
        refining = self._job(Step.REFINE, table)
        recording = self._job(Step.RECORD, table, earlier={Step.REFINE: refining.attempt})
        for job in (refining, recording):
            run(["--job", job.model_dump_json()], self.spark, self.catalog)
        [outcome] = earlier_outcomes(recording)
        if outcome.status is not Status.SUCCEEDED:
            raise StepFailedError(f"{table} could not be refined", given=str(outcome.failure or outcome.status))

    def merge_by_hand(self, table: str) -> None:
        """Run the same MERGE as one would write it without everything else."""
        session = batch_session(self.spark)
        rows = session.read.format("delta").load(self._location(LANDED)).where("_sequence = 2")
        newest = Window.partitionBy("id").orderBy(F.desc("changed_at"))
        latest = rows.withColumn("_age", F.row_number().over(newest)).where("_age = 1")
        columns = self.catalog.table(table).column_names
        (
            DeltaTable.forPath(session, self._location(table))
            .alias("t")
            .merge(latest.select(*columns).alias("s"), "t.id = s.id")
            .whenMatchedUpdateAll("s.changed_at > t.changed_at")
            .whenNotMatchedInsertAll()
            .execute()
        )

    def _commit(self, name: str, keys: range, inputs: dict[str, int]) -> None:
        """Commit rows of some keys with a position, as the engine does."""
        table = self.catalog.table(name)
        step = Step.INGEST if name == LANDED else Step.REFINE
        with open_flow(self.spark, self._job(step, name), self.catalog, table) as flow:
            ensure_table(flow.session, flow.location, spark_schema(table), table.cluster_by)
            columns = [c.name for c in table.all_columns]
            rows = _rows(flow.session, keys, flow.batch.sequence).select(*columns)

            def write() -> None:
                if keys:
                    rows.write.format("delta").mode("append").save(flow.location)
                else:
                    append_nothing(rows, flow.location)

            commit(flow.session, flow.batch, write, inputs=inputs, books={}, fingerprint=table.fingerprint)

    def _job(self, step: Step, table: str, **facts: object) -> Job:
        given = {"env": ENVIRONMENT, "step": step, "run_id": "bench", "attempt": f"{step}", "tables": (table,), **facts}
        places = {"lake_root": str(self.root), "pii_root": pii_folder(str(self.root)), "landing_root": str(self.root)}
        return Job.model_validate({**given, **places, "business_date": NOON.date()})

    def _location(self, table: str) -> str:
        return table_location(str(self.root), TableName.parse(table))


def _rows(session: SparkSession, keys: range, sequence: int) -> DataFrame:
    """Rows of some keys, in order; those of a second batch are newer, and a few of them fail a rule."""
    files = max(1, len(keys) // ROWS_OF_A_FILE) if sequence == 1 else PARTITIONS
    numbers = {n: ((F.col("id") * (i + 3) + sequence) % 1000).cast("int") for i, n in enumerate(NUMBERS)}
    is_bad = (F.col("id") % BAD_EVERY == 0) & (F.lit(sequence) > 1)
    facts = {
        **numbers,
        NUMBERS[0]: F.when(is_bad, -1).otherwise(numbers[NUMBERS[0]]),
        "word": F.concat(F.lit("word "), F.col("id") % 1000),
        "changed_at": F.lit(NOON.replace(hour=NOON.hour + sequence)),
        INGESTED_AT: F.lit(NOON),
        RUN_ID: F.lit("bench"),
        SEQUENCE: F.lit(sequence).cast("bigint"),
        SOURCE_POSITION: F.concat(F.lit("row "), F.col("id")),
        RESCUED: F.lit(None).cast("string"),
    }
    return session.range(keys.start, keys.stop, keys.step, files).withColumns(facts)
