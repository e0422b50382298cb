"""The files of a table: finds those of a version that are missing, and removes those that no version needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.jvm import files_at
from jobs.runtime.session import with_settings
from jobs.runtime.tables import FILE_RETENTION, read_version

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# By default Delta deletes one file after another, on the driver.
DELETING_TASKS = 16
# By default Delta refuses to keep files for less than a week, and does not log a VACUUM on S3, since another writer may
# be at work. The lease rules that out, so both are allowed.
VACUUM_CONFS = {
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    "spark.databricks.delta.vacuum.logging.enabled": "true",
    "spark.databricks.delta.vacuum.parallelDelete.enabled": "true",
    "spark.databricks.delta.vacuum.parallelDelete.parallelism": str(DELETING_TASKS),
}
VACUUMED = "VACUUM END"


def missing_files(session: SparkSession, location: str, version: int) -> list[str]:
    """The files of a version that are missing, found without reading any."""
    existing = _existing_files(session, location)
    wanted = read_version(session, location, version).inputFiles()
    return [name for name in wanted if name.rpartition("/")[2] not in existing]


def files_since(session: SparkSession, location: str, version: int) -> list[str]:
    """The files of all versions from `version` on that still exist, found without reading any."""
    existing = _existing_files(session, location)
    logs = [f"{location}/_delta_log/{c.version:020d}.json" for c in DeltaLog(session, location).commits(after=version)]
    wanted = read_version(session, location, version).inputFiles()
    if logs:
        added = session.read.schema("add STRUCT<path: STRING>").json(logs).select("add.path").where("path IS NOT NULL")
        wanted += [row["path"] for row in added.distinct().collect()]
    names = {name.rpartition("/")[2] for name in wanted}
    return [path for name, path in existing.items() if name in names]


def _existing_files(session: SparkSession, location: str) -> dict[str, str]:
    """The path of every file below a table's location, by its name."""
    files, root = files_at(session, location)
    existing = {}
    found = files.listFiles(root, True)  # noqa: FBT003 - Java's parameter has no name here
    while found.hasNext():
        path = found.next().getPath()
        existing[str(path.getName())] = str(path.toString())
    return existing


def remove_old_files(session: SparkSession, location: str, days: int = 0) -> int:
    """Remove every file that no version of the last `days` days needs, and return how many they were.

    Older versions cannot be read any more; with zero days only the newest version can be read. A query that is reading
    one of them has to be started again. Any other number of days becomes the table's property.
    """
    wanted = f"interval {days} days"
    if days and DeltaLog(session, location).property_of(FILE_RETENTION) != wanted:
        session.sql(f"ALTER TABLE delta.`{location}` SET TBLPROPERTIES ('{FILE_RETENTION}' = '{wanted}')")
    with with_settings(session, VACUUM_CONFS):
        session.sql(f"VACUUM delta.`{location}`{'' if days else ' RETAIN 0 HOURS'}").collect()
    log = DeltaLog(session, location)
    last = log.commit(log.version)
    return last.metrics.get("numDeletedFiles", 0) if last and last.info.get("operation") == VACUUMED else 0
