"""Spark's settings on a laptop: small tables, two cores, no waste at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.setup import paths
from scripts.setup.jars import jar_paths

if TYPE_CHECKING:
    from pathlib import Path


def java_option(name: str, file: Path) -> str:
    """An option with a file, for a list of options that Spark cuts at spaces outside of quotes."""
    escaped = str(file).replace("\\", r"\\").replace('"', r"\"")
    return f'"{name}={escaped}"'


def class_archive_option() -> str:
    """The option with which Java takes Spark's classes from the setup's archive; none where the setup could make none.

    With the option and without the file Java would not take its own classes from an archive, either.
    """
    if not paths.CLASS_ARCHIVE.exists():
        return ""
    return " " + java_option("-XX:SharedArchiveFile", paths.CLASS_ARCHIVE)


# Every Spark job on small tables costs its tasks, not its rows, so there are few of them.
LOCAL_CONFS = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    # The quick compiler alone, which a run of a minute gains from. Java then reserves 48 MB for compiled code, and
    # Spark needs more: without room it first crawls and then dies.
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
    # A second look at each stage of a plan makes it a job of its own (measured: a tenth of the building of gold).
    "spark.sql.adaptive.enabled": "false",
    # Interpreted, the sharing of common parts of expressions costs more than their second evaluation.
    "spark.sql.subexpressionElimination.enabled": "false",
    # The plans are drawn for Spark's UI, which is off.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # Files without a file of sums beside each, and without a process of its own to set each one's permissions.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.fs.AbstractFileSystem.file.impl": "org.apache.hadoop.fs.local.RawLocalFs",
}

# What pays for tables of many rows, as a cluster has it: compiled queries, and the compiler that works for long runs.
_LARGE = {
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC" + class_archive_option(),
    "spark.sql.shuffle.partitions": "8",
}

_FOR_SMALL_TABLES = ("spark.sql.codegen.", "spark.sql.adaptive.", "spark.sql.subexpressionElimination.")


def large_confs(memory: str) -> dict[str, str]:
    """The settings of a session on this machine that works on large tables.

    Args:
        memory: The heap, as Spark writes it, such as `8g`.
    """
    plain = {key: value for key, value in LOCAL_CONFS.items() if not key.startswith(_FOR_SMALL_TABLES)}
    return {**plain, **_LARGE, "spark.driver.memory": memory}


__all__ = ["LOCAL_CONFS", "jar_paths", "large_confs"]
