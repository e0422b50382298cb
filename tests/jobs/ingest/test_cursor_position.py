"""How far a source has been read is told in words, whatever its reader keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.ingest.cursor_position import cursor_measures, position_in_words
from shared.contracts import Source
from tests.support.things import column, things

BEYOND = (datetime.now(UTC) + timedelta(hours=36)).replace(tzinfo=None, microsecond=0)
SOON = (datetime.now(UTC) + timedelta(hours=25)).replace(tzinfo=None, microsecond=0)


@pytest.mark.parametrize(
    "position, expected",
    [
        pytest.param(None, "", id="never read"),
        pytest.param({"cursor": "2026-01-01 00:00:00"}, "2026-01-01 00:00:00", id="a cursor"),
        pytest.param({"cursor": None}, "", id="a cursor without a row"),
        pytest.param({"content": "7", "rows": 1}, "", id="a snapshot"),
        pytest.param({"files": {"a": "t"}, "modified_upto": "2026-01-01"}, "2026-01-01", id="files"),
        pytest.param({"offsets": {"t": {"10": 4, "2": 0}}}, "t/2: 0, t/10: 4", id="a topic, by partition"),
        pytest.param(
            {"offsets": {"t": {str(i): i for i in range(20)}}},
            "t/0: 0, t/1: 1, t/2: 2, t/3: 3, t/4: 4, t/5: 5, t/6: 6, t/7: 7, …",
            id="a topic of many partitions",
        ),
    ],
)
def test_a_position_in_words(position, expected):
    assert expected == position_in_words(position)


@pytest.mark.parametrize(
    "kind, values, last, expected",
    [
        pytest.param("timestamp", ["2026-01-01", "9999-12-31", None], None, ("2026-01-01 00:00:00", 1), id="ahead"),
        pytest.param("timestamp", ["9999-12-31"], "2026-01-02 00:00:00", ("2026-01-02 00:00:00", 1), id="alone"),
        pytest.param("timestamp", ["9999-12-31"], None, (None, 1), id="the first row"),
        pytest.param("date", ["9999-12-31", "2026-01-01"], None, ("2026-01-01", 1), id="a date"),
        pytest.param("timestamp", [str(SOON)], None, (str(SOON), 0), id="a clock that is fast, or another zone"),
        pytest.param("timestamp", [str(BEYOND)], None, (None, 1), id="beyond every clock and zone"),
        pytest.param("bigint", ["9", "10"], "7", ("10", 0), id="a number"),
        pytest.param("double", ["NaN", "7", "Infinity", "-Infinity", None], "6.5", ("7.0", 3), id="no number"),
        pytest.param("float", ["-Infinity"], None, (None, 1), id="no number at all"),
        pytest.param("string", ["9999-12-31"], None, ("9999-12-31", 0), id="a text"),
    ],
)
def test_a_moment_that_nobody_can_have_reached_is_not_where_the_next_run_goes_on(spark, kind, values, last, expected):
    source = Source(system="shop", type="snowflake", object="orders", cursor="at")
    table = things(column("at", kind), source=source)
    rows = spark.createDataFrame([(v,) for v in values], "at string").selectExpr(f"CAST(at AS {kind}) AS at")

    [found] = rows.agg(*cursor_measures(table, {"cursor": last})).collect()

    assert expected == (found["cursor"], found["cursor_ahead"])
