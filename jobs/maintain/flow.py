"""The upkeep of one table and its companions."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from operator import add
from typing import TYPE_CHECKING

from jobs.maintain.expiry import Expiry
from jobs.runtime.companion import is_half_done
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.layout import clustered_by, keep_clustered
from jobs.runtime.lease import leased_by
from jobs.runtime.session import batch_session
from jobs.runtime.statistics import keep_statistics
from jobs.runtime.table_files import remove_old_files
from jobs.runtime.tables import spark_schema
from jobs.runtime.upkeep import carrying_on
from shared.jobs import Status, TableOutcome
from shared.places import companions, location_of
from shared.retention import HISTORY_DAYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.lease import Lease
    from shared.contracts import Catalog, Table
    from shared.jobs import Job

# A change rewrites whole files, and a reader opens each: Delta's default of a gigabyte is too much to rewrite for one
# row, and a megabyte too little to be worth opening.
FILE_BYTES = 128 * 1024 * 1024
FILE_SIZES = ("spark.databricks.delta.optimize.minFileSize", "spark.databricks.delta.optimize.maxFileSize")


@dataclass(frozen=True)
class Tidied:
    """What upkeep did, in numbers.

    Attributes:
        expired: Rows deleted for their age.
        compacted: Small files that were compacted.
        made: Files that were made of these.
        removed: Old files that were removed.
    """

    expired: int = 0
    compacted: int = 0
    made: int = 0
    removed: int = 0

    def __add__(self, other: Tidied) -> Tidied:
        """The sums of both."""
        return Tidied(*map(add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        """What was done, in words; empty if nothing was."""
        counts = {
            f"{self.expired:,} rows deleted for their age": self.expired,
            f"{self.compacted:,} files made {self.made:,}": self.compacted,
            f"{self.removed:,} old ones removed": self.removed,
        }
        return ", ".join(words for words, count in counts.items() if count)


def maintain(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> TableOutcome:
    """Delete expired rows, compact small files as the contract clusters them, and remove the files of old versions.

    Other rows stay as they are, and so do positions. If the table's last batch is half-committed, no rows and no old
    files are removed: the next run decides that batch again, starting from an older version.

    Raises:
        LeaseHeldError: another job run works on the table.
        PositionLostError: the table's commits do not say how far its inputs were read.
    """
    location = location_of(job.roots, table)
    session = batch_session(spark)
    for name in FILE_SIZES:
        session.conf.set(name, str(FILE_BYTES))
    with leased_by(job, str(table.name)) as lease:
        beside = {place: clustered_by(table, what) for what, place in companions(job.roots, table).items()}
        clustering = {location: table.cluster_by, **beside}
        existing = [place for place in clustering if DeltaLog(session, place).exists]
        # Compaction adds files to the log, with statistics of their columns.
        keep_statistics(session, location, spark_schema(table), table.closed_columns)
        done = Tidied()
        is_half_committed = any(is_half_done(session, place, location) for place in existing if place != location)
        if not is_half_committed:
            done = Tidied(expired=Expiry(session=session, job=job, catalog=catalog, table=table, lease=lease).run())
        for place in existing:
            done += _tidy(session, place, lease, clustering[place], keeps_old=is_half_committed)
        version = DeltaLog(session, location).version
    kept = "old files stay, since its last batch is half-committed" if is_half_committed else ""
    reason = "; ".join(filter(None, [str(done), kept]))
    status = Status.SUCCEEDED if str(done) else Status.UNCHANGED
    return TableOutcome(
        table=str(table.name), step=job.step, status=status, version=version if existing else None, reason=reason
    )


def _tidy(
    session: SparkSession, location: str, lease: Lease, cluster_by: tuple[str, ...], *, keeps_old: bool
) -> Tidied:
    """Compact the files of a table or companion and, unless old ones are needed, remove those of old versions."""
    with carrying_on(session, location, lease):
        keep_clustered(session, location, cluster_by)
        [row] = session.sql(f"OPTIMIZE delta.`{location}`").collect()
        compacted, made = row["metrics"]["numFilesRemoved"], row["metrics"]["numFilesAdded"]
    if keeps_old:
        return Tidied(compacted=compacted, made=made)
    with carrying_on(session, location, lease):
        removed = remove_old_files(session, location, HISTORY_DAYS)
    lease.renew()
    DeltaLog(session, location).forget_expired()
    return Tidied(compacted=compacted, made=made, removed=removed)
