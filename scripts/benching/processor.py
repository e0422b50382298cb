"""Measures the processor time of work in Spark, which other work on the machine affects less than elapsed time."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from jobs.runtime.jvm import java_class
from scripts.benching.memory import tree_of
from scripts.local.processes import PROC

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def processor_seconds(spark: SparkSession, work: Callable[[], object]) -> float:
    """The processor seconds of work in this process, Spark's JVM and its Python workers; needs Linux's /proc."""
    begun = _seconds(spark)
    work()
    return _seconds(spark) - begun


def _seconds(spark: SparkSession) -> float:
    jvm = java_class(spark, "java.lang.ProcessHandle").current().pid()
    return time.process_time() + sum(map(_of_process, tree_of(int(jvm))))


def _of_process(process: int) -> float:
    """A process's seconds in user and system mode, including its ended children's; 0 if it has ended itself."""
    try:
        # The name is in brackets and may contain spaces; what follows it does not.
        facts = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, facts[11:15])) / TICKS_PER_SECOND
