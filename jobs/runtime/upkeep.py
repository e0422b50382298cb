"""Commits that move no flow on: what upkeep does to a table, its positions carried on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from jobs.runtime.commit import carried
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.jvm import files_at
from jobs.runtime.position import read_position
from jobs.runtime.session import with_settings
from jobs.runtime.tables import FILE_RETENTION, read_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.runtime.lease import Lease
    from jobs.runtime.position import TablePosition

# Delta refuses to keep files for less than a week, and writes no VACUUM into the log on S3, since another writer may be
# at work. The lease rules that out, so both are allowed.
VACUUM_CONFS = {
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.databricks.delta.vacuum.logging.enabled": "true",
}
VACUUMED = "VACUUM END"


@contextmanager
def carrying_on(
    session: SparkSession, location: str, lease: Lease, position: TablePosition | None = None
) -> Iterator[None]:
    """Let the commits made within carry the table's position on, so that its flows go on from where they stand.

    Args:
        session: The session that commits.
        location: The table's place.
        lease: The table's lease.
        position: Where the flows shall go on from, if not from where they stand.

    Raises:
        LeaseHeldError: the table's lease was lost before.
        PositionLostError: the table does not say where its flows stand.
    """
    position = position or read_position(session, location)
    lease.renew()
    with carried(session, position):
        yield


def is_half_done(session: SparkSession, companion: str, location: str) -> bool:
    """Whether a companion has a batch that its table lacks: the run died between the two commits."""
    landed = read_position(session, location).flows
    beside = read_position(session, companion).flows
    # A companion's flow is named `<what> of <flow of the table>`.
    flows = {name.partition(" of ")[2]: int(position.inputs.get("batch", 0)) for name, position in beside.items()}
    return any(batch > (landed[flow].sequence if flow in landed else 0) for flow, batch in flows.items())


def delete_matching(session: SparkSession, location: str, keys: DataFrame, condition: Column) -> None:
    """Delete the rows of a table that meet a condition with one of some keys.

    A MERGE and not a DELETE: the log keeps an operation's predicate, and a join's names columns alone.

    Args:
        session: The session that `keys` was built in.
        location: The table, `t` in the condition.
        keys: One row per key, `k` in the condition.
        condition: Which rows belong to which key.
    """
    merge = DeltaTable.forPath(session, location).alias("t").merge(keys.alias("k"), condition)
    merge.whenMatchedDelete().execute()


def missing_files(session: SparkSession, location: str, version: int) -> list[str]:
    """The files that a version names and that are gone, without reading any."""
    there = _files_there(session, location)
    wanted = read_version(session, location, version).inputFiles()
    return [name for name in wanted if name.rpartition("/")[2] not in there]


def files_since(session: SparkSession, location: str, version: int) -> list[str]:
    """The files of all versions from one on, as far as they are there still, without reading any."""
    there = _files_there(session, location)
    logs = [f"{location}/_delta_log/{c.version:020d}.json" for c in DeltaLog(session, location).commits(after=version)]
    wanted = read_version(session, location, version).inputFiles()
    if logs:
        added = session.read.schema("add STRUCT<path: STRING>").json(logs).select("add.path").where("path IS NOT NULL")
        wanted += [row["path"] for row in added.distinct().collect()]
    names = {name.rpartition("/")[2] for name in wanted}
    return [place for name, place in there.items() if name in names]


def _files_there(session: SparkSession, location: str) -> dict[str, str]:
    """Every file below a table's place, by its name."""
    files, path = files_at(session, location)
    there = {}
    found = files.listFiles(path, True)  # noqa: FBT003 - Java's parameter has no name here
    while found.hasNext():
        place = found.next().getPath()
        there[str(place.getName())] = str(place.toString())
    return there


def remove_old_files(session: SparkSession, location: str, days: int = 0) -> int:
    """Remove every file that no version of the last days names, and say how many they were.

    Versions that name one of them cannot be read any more; of zero days only the newest version stays. A reader of that
    very moment starts again. Other days are what the table says of itself from now on.
    """
    wanted = f"interval {days} days"
    if days and DeltaLog(session, location).property_of(FILE_RETENTION) != wanted:
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{FILE_RETENTION}' = '{wanted}')")
    with with_settings(session, VACUUM_CONFS):
        session.sql(f"VACUUM delta.`{location}`{'' if days else ' RETAIN 0 HOURS'}").collect()
    log = DeltaLog(session, location)
    last = log.commit(log.version)
    return last.metrics.get("numDeletedFiles", 0) if last and last.info.get("operation") == VACUUMED else 0
