"""A value read from Spark may bound the next read only if it means the same when it is passed back."""

import datetime as dt

import pytest
from pyspark.sql import functions as F

from jobs.runtime.merge import bounds_of
from jobs.runtime.pruning import between_literals, extremes, is_literal


@pytest.mark.parametrize(
    "bound, expected",
    [
        pytest.param(7, True, id="a number"),
        pytest.param("a", True, id="a text"),
        pytest.param(dt.date(2026, 10, 25), True, id="a day"),
        pytest.param(dt.datetime(2026, 10, 25, 2, 30, tzinfo=dt.UTC), False, id="an hour that exists twice"),
        pytest.param(b"a", False, id="bytes"),
        pytest.param(None, False, id="of no row"),
    ],
)
def test_bound_is_a_literal(bound, expected):
    assert expected is is_literal(bound)


def test_days_that_cannot_be_handed_back_bound_nothing(spark):
    days = {
        "of today": ("2026-01-05", "2026-01-30"),
        "the first": ("1000-01-01", "1000-01-01"),
        "too early": ("0022-03-01", "2026-01-05"),
        "too late": ("2026-01-05", "+12026-01-05"),
        "none": (None, None),
    }
    told = [(case, day) for case, both in days.items() for day in both]
    rows = spark.createDataFrame(told, "case string, day string")
    rows = rows.select("case", F.col("day").cast("date").alias("day"))
    found = {case: ends for case, *ends in rows.groupBy("case").agg(*extremes(F.col("day"), "date")).collect()}

    expected = {case: [None, None] for case in days}
    expected["of today"], expected["the first"] = [dt.date(2026, 1, 5), dt.date(2026, 1, 30)], [dt.date(1000, 1, 1)] * 2
    assert expected == found
    near = [rows.where(between_literals(F.col("day"), *ends)).count() for ends in found.values()]
    assert {"of today": 4, "the first": 2, "too early": 10, "too late": 10, "none": 10} == dict(
        zip(found, near, strict=True)
    )


@pytest.mark.parametrize(
    "least, greatest, expected",
    [
        pytest.param(1, 7, (1, 7), id="numbers"),
        pytest.param(None, None, None, id="no row"),
        # NaN is no greater than itself, so nothing would lie within.
        pytest.param(float("nan"), float("nan"), None, id="no number"),
        pytest.param(dt.datetime(2026, 10, 25, 2, 30), dt.datetime(2026, 10, 25, 2, 10), None, id="local times"),  # noqa: DTZ001
    ],
)
def test_what_bounds_nothing_is_held_against_nothing(least, greatest, expected):
    assert expected == bounds_of({"least": least, "greatest": greatest})
