"""New rows compared with old ones, key by key: the fate of each, and the values that it is written with."""

from jobs.runtime.comparison import compared
from tests.support.frames import assert_rows
from tests.support.things import column, things

COLUMNS = "key STRING, part INT, word STRING"
TABLE = things(column("key"), column("part", "int"), column("word"), primary_key=("key", "part"))


def test_each_key_of_either_side_has_one_fate(spark):
    new = [("a", 1, "same"), ("a", 2, "other"), ("b", 1, None), ("c", 1, None), ("d", 1, "filled")]
    old = [("a", 1, "same"), ("a", 2, "word"), ("b", 1, None), ("d", 1, None), ("e", 1, "gone")]
    found = compared(spark.createDataFrame(new, COLUMNS), spark.createDataFrame(old, COLUMNS), TABLE)
    expected = [
        ("a", 1, "same", "superseded"),
        ("a", 2, "other", "update"),
        ("b", 1, None, "superseded"),
        ("c", 1, None, "insert"),
        ("d", 1, "filled", "update"),
        ("e", 1, "gone", "delete"),
    ]
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", expected, found)


def test_new_rows_may_be_made_from_old_ones(spark):
    """As versions are, which are computed from those that stay."""
    old = spark.createDataFrame([("a", 1, "one"), ("a", 2, "two")], COLUMNS)
    found = compared(old.where("part = 2"), old, TABLE)
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", [("a", 1, "one", "delete"), ("a", 2, "two", "superseded")], found)
