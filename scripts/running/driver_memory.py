"""What Spark's driver holds, without what tasks and caches hold in the same process here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jobs.runtime.jvm import java_class
from scripts.running.memory import process_bytes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def driver_bytes(spark: SparkSession) -> int:
    """The memory of the driver now: of this Python process, and what is alive in Java's heap after a collection.

    On this machine the driver is the executor, too, so what Spark's memory manager has given to tasks and to cached
    rows is taken off; a cluster's executors hold that.
    """
    java_class(spark, "java.lang.System").gc()
    manager = java_class(spark, "org.apache.spark.SparkEnv").get().memoryManager()
    of_tasks = manager.executionMemoryUsed() + manager.storageMemoryUsed()
    runtime = java_class(spark, "java.lang.Runtime").getRuntime()
    return process_bytes(os.getpid()) + max(0, int(runtime.totalMemory() - runtime.freeMemory() - of_tasks))
