"""The files of a table: which of a version's are there still, and how those that no version needs are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.jvm import files_at
from jobs.runtime.session import with_settings
from jobs.runtime.tables import FILE_RETENTION, read_version

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Delta refuses to keep files for less than a week, and writes no VACUUM into the log on S3, since another writer may be
# at work. The lease rules that out, so both are allowed.
VACUUM_CONFS = {
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.databricks.delta.vacuum.logging.enabled": "true",
}
VACUUMED = "VACUUM END"


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
