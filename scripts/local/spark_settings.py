"""Spark's settings on a laptop: for small tables, two cores and a fast start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.setup import paths
from scripts.setup.jars import jar_paths

if TYPE_CHECKING:
    from pathlib import Path


def java_option(name: str, file: Path) -> str:
    """An option of Java that names a file, quoted for a list of options, which Spark splits at unquoted spaces."""
    escaped = str(file).replace("\\", r"\\").replace('"', r"\"")
    return f'"{name}={escaped}"'


def class_archive_option() -> str:
    """The option that makes Java load Spark's classes from the setup's archive; empty if there is no archive.

    If the option named a missing file, Java would not load its own classes from an archive either.
    """
    if not paths.CLASS_ARCHIVE.exists():
        return ""
    return " " + java_option("-XX:SharedArchiveFile", paths.CLASS_ARCHIVE)


# On small tables the cost of a Spark job is that of its tasks, not of its rows, so there are few tasks.
LOCAL_CONFS = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    # Only the quick compiler, from which a run of a minute gains. By default Java then reserves 48 MB for compiled
    # code, and Spark needs more: without room it first slows down and then dies.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
    + class_archive_option(),
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.python.daemon.module": "scripts.local.python_workers",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    # Compiling a query costs more than running it interpreted while tables are this small (measured: 220 s against
    # 186 s for the whole demo on two busy cores).
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Adaptive execution runs each stage of a plan as a separate job (measured: a tenth of the building of gold).
    "spark.sql.adaptive.enabled": "false",
    # In interpreted queries, sharing common parts of expressions costs more than evaluating them twice.
    "spark.sql.subexpressionElimination.enabled": "false",
    # Plans are formatted for Spark's UI, which is off.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # Write files without a checksum file for each, and without starting a process to set each one's permissions.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
}

# For tables with many rows, as on a cluster: all of Java's compilers, a parallel garbage collector, more partitions.
_LARGE = {
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC" + class_archive_option(),
    "spark.sql.shuffle.partitions": "8",
}

_FOR_SMALL_TABLES = ("spark.sql.codegen.", "spark.sql.adaptive.", "spark.sql.subexpressionElimination.")


def large_confs(memory: str) -> dict[str, str]:
    """The settings of a session on this machine that works on large tables, with compiled queries.

    Args:
        memory: The heap, as Spark writes it, such as `8g`.
    """
    plain = {key: value for key, value in LOCAL_CONFS.items() if not key.startswith(_FOR_SMALL_TABLES)}
    return {**plain, **_LARGE, "spark.driver.memory": memory}


__all__ = ["LOCAL_CONFS", "jar_paths", "large_confs"]
