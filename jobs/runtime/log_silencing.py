"""Silences the loggers of Spark that print exceptions with their messages, which may quote the row that failed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.runtime.jvm import java_class

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Tasks, stages and writers each log a failure; the table's outcome reports it anyway.
QUOTING = (
    "org.apache.spark.executor",
    "org.apache.spark.scheduler",
    "org.apache.spark.storage",
    "org.apache.spark.util",
    "org.apache.spark.api.python",
    "org.apache.spark.sql.execution",
    "org.apache.spark.sql.catalyst",
    "org.apache.spark.sql.delta",
)
QUOTING_IN_PYTHON = "SQLQueryContextLogger"


def silence(spark: SparkSession) -> None:
    """Switch these loggers off in this process and its JVM, which on a laptop runs the tasks too."""
    configurator = java_class(spark, "org.apache.logging.log4j.core.config.Configurator")
    off = java_class(spark, "org.apache.logging.log4j.Level").OFF
    for name in QUOTING:
        configurator.setLevel(name, off)
    logging.getLogger(QUOTING_IN_PYTHON).setLevel(logging.CRITICAL + 1)
