"""Measures the memory of Spark's driver, with executors in separate processes as on a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

from jobs.runtime.jvm import java_class
from scripts.benching.memory import process_bytes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# One worker of two cores and this many MiB, started by the driver on this machine.
EXECUTOR_MIB = 4096
APART = {"spark.master": f"local-cluster[1,2,{EXECUTOR_MIB}]", "spark.executor.memory": f"{EXECUTOR_MIB}m"}


def spark_home(folder: Path) -> dict[str, str]:
    """The environment with which Spark starts executors in separate processes, with their files in a folder.

    Args:
        folder: An empty folder; the files that executors are started from are linked there.
    """
    folder.mkdir()
    for name in ("bin", "jars"):
        (folder / name).symlink_to(Path(pyspark.__file__).parent / name)
    return {"SPARK_HOME": str(folder), "SPARK_SCALA_VERSION": "2.13", "SPARK_LOCAL_IP": "127.0.0.1"}


class DriverMemory:
    """The memory of the driver at each call, in bytes.

    It is what is alive in Java's heap after a garbage collection, plus what this Python process has grown by since the
    object was created: the process has much else in memory that is unrelated to Spark.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._system = java_class(spark, "java.lang.System")
        self._runtime = java_class(spark, "java.lang.Runtime").getRuntime()
        self._python = process_bytes(os.getpid())

    def __call__(self) -> int:
        """Collect garbage, and return the memory in bytes."""
        self._system.gc()
        grown = max(0, process_bytes(os.getpid()) - self._python)
        return grown + int(self._runtime.totalMemory() - self._runtime.freeMemory())
