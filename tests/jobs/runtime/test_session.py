"""A batch's session has the settings that results depend on, and sees nothing of another batch."""

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from jobs.runtime.session import batch_session
from jobs.runtime.tables import FILE_RETENTION, read_version
from shared.retention import HISTORY_DAYS
from tests.support.delta_tables import Written, age_commits

WANTED = {
    # The source of a MERGE is pinned, or gives the same rows when read again; a copy by Delta is not needed.
    "spark.databricks.delta.merge.materializeSource": "none",
    "spark.sql.session.timeZone": "UTC",
    # A value that does not fit its type is an error, not null.
    "spark.sql.ansi.enabled": "true",
    # A further column in a batch does not add one to the table.
    "spark.databricks.delta.schema.autoMerge.enabled": "false",
    # Other readers than Spark can read this too.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # An overwrite replaces the rows that it names, and not those of the partitions that it happens to write to.
    "spark.sql.sources.partitionOverwriteMode": "static",
    # A version is readable as long as its files are there.
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
}


def test_a_batch_has_the_settings_of_the_engine_whatever_others_have_set(spark):
    first = batch_session(spark)
    first.conf.set("spark.sql.ansi.enabled", "false")
    first.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    second = batch_session(spark)
    assert WANTED == {key: second.conf.get(key) for key in WANTED}


def test_a_batch_does_not_see_the_views_of_another(spark):
    first, second = batch_session(spark), batch_session(spark)
    first.range(1).createOrReplaceTempView("batch")
    assert (True, False) == (first.catalog.tableExists("batch"), second.catalog.tableExists("batch"))


def test_a_batch_is_the_active_session_whatever_an_earlier_one_has_made(spark):
    batch_session(spark).createDataFrame([(1,)], "one INT")
    second = batch_session(spark)
    active = SparkSession._get_j_spark_session_class(spark._jvm).getActiveSession().get()
    assert active.equals(second._jsparkSession)


@pytest.mark.slow
def test_version_can_be_read_and_restored_however_old_its_commit_is(spark, tmp_path):
    """By itself Delta refuses it after two weeks, by the commit's age alone: all of its files are there."""
    table = Written(spark, str(tmp_path / "table"))
    retained = f"'{FILE_RETENTION}' = 'interval {HISTORY_DAYS} days'"
    for number in range(2):
        table.append((number, "a"))
        spark.sql(f"ALTER TABLE delta.`{table.location}` SET TBLPROPERTIES ({retained})")
    age_commits(table.location, days=HISTORY_DAYS + 1)
    table.append((2, "b"))
    session = batch_session(spark)

    assert [(0, "a"), (1, "a")] == sorted(map(tuple, read_version(session, table.location, 2).collect()))
    DeltaTable.forPath(session, table.location).restoreToVersion(2)
    assert [(0, "a"), (1, "a")] == table.rows()
