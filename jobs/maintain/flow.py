"""One table's upkeep, and of all that lies beside it."""

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
from jobs.runtime.statistics import keep_no_statistics
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

# A change rewrites whole files, and a reader opens whole ones: Delta's own gigabyte would be much to write anew for one
# row, and a megabyte too little to be worth opening.
FILE_BYTES = 128 * 1024 * 1024
FILE_SIZES = ("spark.databricks.delta.optimize.minFileSize", "spark.databricks.delta.optimize.maxFileSize")


@dataclass(frozen=True)
class Tidied:
    """What upkeep did: rows deleted for their age, small files put together, those made of them, old files removed."""

    expired: int = 0
    together: int = 0
    made: int = 0
    removed: int = 0

    def __add__(self, other: Tidied) -> Tidied:
        """What was done in two places."""
        return Tidied(*map(add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        """In words; empty where nothing was done."""
        told = {
            f"{self.expired:,} rows deleted for their age": self.expired,
            f"{self.together:,} files made {self.made:,}": self.together,
            f"{self.removed:,} old ones removed": self.removed,
        }
        return ", ".join(words for words, count in told.items() if count)


def maintain(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> TableOutcome:
    """Delete rows that were kept long enough, put small files together, and remove those of old versions.

    Other rows stay what they are, and so do positions. Files are clustered as the contract says. Of a table whose last
    batch stands half nothing goes: that batch is decided anew from an older version.

    Raises:
        LeaseHeldError: another job run works on the table.
        PositionLostError: the table does not say how far its inputs were read.
    """
    location = location_of(job.roots, table)
    session = batch_session(spark)
    for name in FILE_SIZES:
        session.conf.set(name, str(FILE_BYTES))
    with leased_by(job, str(table.name)) as lease:
        beside = {place: clustered_by(table, what) for what, place in companions(job.roots, table).items()}
        places = {location: table.cluster_by, **beside}
        there = [place for place in places if DeltaLog(session, place).exists]
        # Files that are put together are told of in the log anew.
        keep_no_statistics(session, location, spark_schema(table), table.closed_columns)
        done = Tidied()
        half = [place for place in there if place != location and is_half_done(session, place, location)]
        if not half:
            done = Tidied(expired=Expiry(session=session, job=job, catalog=catalog, table=table, lease=lease).run())
        for place in there:
            done += _tidy(session, place, lease, places[place], keeps_old=bool(half))
        version = DeltaLog(session, location).version
    reason = "; ".join(filter(None, [str(done), "old files stay, since its last batch stands half" if half else ""]))
    status = Status.SUCCEEDED if str(done) else Status.UNCHANGED
    return TableOutcome(
        table=str(table.name), step=job.step, status=status, version=version if there else None, reason=reason
    )


def _tidy(
    session: SparkSession, location: str, lease: Lease, cluster_by: tuple[str, ...], *, keeps_old: bool
) -> Tidied:
    with carrying_on(session, location, lease):
        keep_clustered(session, location, cluster_by)
        [row] = session.sql(f"OPTIMIZE delta.`{location}`").collect()
        together, made = row["metrics"]["numFilesRemoved"], row["metrics"]["numFilesAdded"]
    if keeps_old:
        return Tidied(together=together, made=made)
    with carrying_on(session, location, lease):
        removed = remove_old_files(session, location, HISTORY_DAYS)
    lease.renew()
    DeltaLog(session, location).forget_expired()
    return Tidied(together=together, made=made, removed=removed)
