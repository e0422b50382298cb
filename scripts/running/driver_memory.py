"""What Spark's driver holds while something runs, without what tasks and caches hold in the same process here."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Self

from scripts.running.memory import process_bytes

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SAMPLE_SECONDS = 0.5


class DriverMemory:
    """The greatest memory of the driver, from `with` to the end of its block.

    That is the memory of this Python process, and what is alive in Java's heap after a collection. On this machine the
    driver is the executor, too, so what Spark's memory manager has given to tasks and to cached rows is taken off; a
    cluster's executors hold that.
    """

    def __init__(self, spark: SparkSession) -> None:
        self.bytes = 0
        self._jvm: Any = spark._jvm  # noqa: SLF001 - py4j's gateway has no public name
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="driver memory", daemon=True)

    def __enter__(self) -> Self:
        """Begin to sample."""
        self._sampler.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop sampling."""
        self._done.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, process_bytes(os.getpid()) + self._heap())

    def _heap(self) -> int:
        self._jvm.System.gc()
        manager = self._jvm.org.apache.spark.SparkEnv.get().memoryManager()
        of_tasks = manager.executionMemoryUsed() + manager.storageMemoryUsed()
        runtime = self._jvm.Runtime.getRuntime()
        return max(0, int(runtime.totalMemory() - runtime.freeMemory() - of_tasks))
