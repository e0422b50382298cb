"""Makes the Spark session, and a session of its own for every batch."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyspark.sql import SparkSession

from jobs.runtime.log_silencing import silence
from shared.spark import DELTA_CONFS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ANSI = "spark.sql.ansi.enabled"
# Settings that the engine's results depend on. A new session has the defaults again, so each is given these.
# A write must never change a schema: `evolve` does that.
BATCH_CONFS = {
    "spark.databricks.delta.merge.materializeSource": "none",
    # Delta would refuse a version by the age of its commit, though VACUUM keeps its files as long as they were in use
    # lately: the change feed of a table without news for two weeks, a rollback of it, a half-committed batch.
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    "spark.sql.session.timeZone": "UTC",
    ANSI: "true",
    "spark.databricks.delta.schema.autoMerge.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionOverwriteMode": "static",
}


# Otherwise Spark would look up where in our code each column expression was written, with ten calls to the JVM each.
SESSION_CONFS = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


def build_session(app_name: str, jars: Sequence[Path] = (), confs: Mapping[str, str] | None = None) -> SparkSession:
    """Start Spark with Delta, or get the session that is running.

    Args:
        app_name: The application's name.
        jars: Delta's jars; none on EMR, where the image has them.
        confs: Further settings, such as the master and its memory on a laptop.
    """
    builder = SparkSession.builder.appName(app_name)
    for key, value in {**DELTA_CONFS, **BATCH_CONFS, **SESSION_CONFS, **(confs or {})}.items():
        builder = builder.config(key, value)
    if jars:
        class_path = os.pathsep.join(map(str, jars))
        for process in ("driver", "executor"):
            builder = builder.config(f"spark.{process}.extraClassPath", class_path)
    session = builder.getOrCreate()
    silence(session)
    return session


@contextmanager
def with_settings(session: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Set settings of a session for the block, and unset them after it."""
    for key, value in settings.items():
        session.conf.set(key, value)
    try:
        yield
    finally:
        for key in settings:
            session.conf.unset(key)


@contextmanager
def without_ansi(session: SparkSession) -> Iterator[None]:
    """Switch ANSI mode off for the block, so that a value that does not fit its type is null, as in the step refine."""
    before = str(session.conf.get(ANSI))
    session.conf.set(ANSI, "false")
    try:
        yield
    finally:
        session.conf.set(ANSI, before)


def batch_session(spark: SparkSession) -> SparkSession:
    """A session for one batch: its own settings and views, the same Spark underneath."""
    session = spark.newSession()
    # Spark takes settings from the thread's active session, and creating a frame from rows may have left the session of
    # an earlier batch active.
    spark_session = SparkSession._get_j_spark_session_class(session._jvm)  # noqa: SLF001 - it has no public name
    spark_session.setActiveSession(session._jsparkSession)  # noqa: SLF001 - as above
    for key, value in BATCH_CONFS.items():
        session.conf.set(key, value)
    return session
