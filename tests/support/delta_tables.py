"""Commits batches by hand to a table in a folder, as a flow does; and lets commits be old."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from delta.tables import DeltaTable

from jobs.runtime.commit import Batch, commit
from jobs.runtime.position import TablePosition, read_position
from jobs.runtime.session import batch_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.delta_log import Commit

ROWS = "key BIGINT, word STRING"


@dataclass
class HeldLease:
    """A lease that is held until the test changes that."""

    error: Exception | None = None

    def renew(self) -> None:
        if self.error:
            raise self.error


@dataclass
class Written:
    """A table, and the flow that writes it."""

    spark: SparkSession
    location: str
    flow: str = "silver.things"
    lease: HeldLease = field(default_factory=HeldLease)

    def position(self) -> TablePosition:
        return read_position(self.spark, self.location)

    def batch(self, run: str = "r1", attempt: str = "a1") -> Batch:
        """The next batch, from the table's current position."""
        return Batch(
            location=self.location,
            flow=self.flow,
            before=self.position(),
            run=run,
            attempt=attempt,
            lease=self.lease,  # type: ignore[arg-type]
        )

    def commit(
        self,
        write: Callable[[SparkSession, str], object],
        batch: Batch | None = None,
        inputs: dict[str, Any] | None = None,
        **others: Any,
    ) -> Commit:
        """Commit one write, made by a function of the batch's session and the location."""
        session, batch = others.pop("session", None) or batch_session(self.spark), batch or self.batch()
        return commit(
            session,
            batch,
            lambda: write(session, self.location),
            inputs={"upto": batch.sequence} if inputs is None else inputs,
            books=others.pop("books", {"read": 0}),
            fingerprint=others.pop("fingerprint", "f"),
            **others,
        )

    def append(self, *rows: tuple[int, str], **how: Any) -> Commit:
        return self.commit(appending(*rows), **how)

    def frame(self) -> DataFrame:
        return self.spark.read.format("delta").load(self.location)

    def delta(self) -> DeltaTable:
        return DeltaTable.forPath(self.spark, self.location)

    def rows(self) -> list[tuple[Any, ...]]:
        return sorted(tuple(r) for r in self.frame().collect())


def frame_of(session: SparkSession, rows: Sequence[tuple[int, str]]) -> DataFrame:
    """A frame of keys and words, in one file."""
    return session.createDataFrame(list(rows), ROWS).coalesce(1)


def appending(*rows: tuple[int, str]) -> Callable[[SparkSession, str], object]:
    """A write that appends rows."""
    return lambda session, location: frame_of(session, rows).write.format("delta").mode("append").save(location)


def overwriting(*rows: tuple[int, str]) -> Callable[[SparkSession, str], object]:
    """A write that replaces all rows."""
    return lambda session, location: frame_of(session, rows).write.format("delta").mode("overwrite").save(location)


def merging(*rows: tuple[int, str]) -> Callable[[SparkSession, str], object]:
    """A write that updates rows with existing keys and inserts the others."""

    def write(session: SparkSession, location: str) -> None:
        target = DeltaTable.forPath(session, location).alias("t")
        merge = target.merge(frame_of(session, rows).alias("s"), "t.key = s.key")
        merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()

    return write


def age_commits(location: str, days: float) -> None:
    """Let all commits of a table's log be older by so many days, as Delta and the engine see it."""
    for file in Path(location, "_delta_log").glob("*.json"):
        moment = file.stat().st_mtime - days * 24 * 3600
        os.utime(file, (moment, moment))
