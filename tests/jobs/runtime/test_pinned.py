"""Pinned rows are computed once and measured on the way; if they are lost, the error lets the run try again."""

import pytest
from pyspark.sql import functions as F

from jobs.runtime.failures import failure_of
from jobs.runtime.pinned import pin, unpin
from tests.support.frames import assert_rows
from tests.support.things import column, things


def test_rows_are_worked_out_once_and_keep_what_was_measured_of_them(spark):
    drawn = spark.range(1000).withColumn("word", F.uuid()).withColumn("odd", F.col("id") % 2)
    pinned, seen = pin(drawn, [F.count(F.lit(1)).alias("rows"), F.sum("odd").alias("odd")], without=("odd",))
    try:
        assert {"rows": 1000, "odd": 500} == seen
        assert pinned.columns == ["id", "word"]
        assert_rows("id BIGINT NOT NULL, word STRING NOT NULL", [tuple(r) for r in pinned.collect()], pinned)
    finally:
        unpin(pinned)


def test_rows_that_went_with_their_executor_are_missed_and_the_table_is_tried_again(spark):
    pinned, _ = pin(spark.range(10), [F.count(F.lit(1)).alias("rows")])
    unpin(pinned)
    with pytest.raises(Exception, match="CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND") as missed:
        pinned.collect()
    assert failure_of(missed.value, things(column("key"))).retryable
