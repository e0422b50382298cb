"""The fate of each row: the newest good row of a key wins, whatever arrived first and however often."""

from datetime import UTC, datetime

from pyspark.sql import functions as F

from jobs.refine.classify import classified, content, gone, ranked
from jobs.runtime.fates import FATE
from shared.contracts import Disposition
from tests.support.frames import assert_rows
from tests.support.things import column, things

COLUMNS = "key STRING, seq INT, word STRING"
MERGED = things(column("key"), column("seq", "int"), column("word"), sequence_by=("seq",))
SNAPSHOT = things(column("key"), column("seq", "int"), column("word"), disposition=Disposition.SNAPSHOT)
BAD = "refused"

# Per key: the batch's rows, each with its fate, and the target's row, if there is one.
KEYS = {
    "new": ([(5, "a", "insert")], None),
    "newer": ([(5, "a", "update")], (4, "z")),
    "older": ([(3, "z", "superseded")], (4, "a")),
    "the same again": ([(4, "a", "superseded")], (4, "a")),
    "a tie with more": ([(4, "b", "update")], (4, "a")),
    "a tie with less": ([(4, "a", "superseded")], (4, "b")),
    "nothing in a tie": ([(4, None, "superseded")], (4, "a")),
    "a tie with nothing": ([(4, "a", "update")], (4, None)),
    "twice": ([(5, "a", "insert"), (5, "a", "superseded")], None),
    "versions": ([(5, "a", "superseded"), (7, "c", "insert"), (6, "b", "superseded")], None),
    "versions around the target": ([(3, "a", "superseded"), (7, "c", "update")], (5, "b")),
    "a tie in the batch": ([(5, "b", "insert"), (5, "a", "superseded")], None),
    "newest refused": ([(7, BAD, "quarantined"), (6, "b", "insert")], None),
    "all refused": ([(7, BAD, "quarantined"), (8, BAD, "quarantined")], (5, "a")),
    "oldest refused": ([(3, BAD, "quarantined"), (6, "b", "update")], (5, "a")),
    "not in the batch": ([], (5, "a")),
}


def batch_of(spark, table, rows, **columns):
    """Rows in an order of their own; one whose word is `refused` fails a rule."""
    frame = spark.createDataFrame(rows, COLUMNS).orderBy(F.hash("key", "seq", "word"))
    failed = F.when(F.col("word") == BAD, F.array(F.lit("word_good"))).otherwise(F.array().cast("array<string>"))
    return ranked(frame.withColumn("_failed", failed).withColumns(columns), table)


def test_each_row_of_a_merged_batch_has_the_fate_of_its_key(spark):
    batch = [(key, seq, word) for key, (rows, _) in KEYS.items() for seq, word, _ in rows]
    target = spark.createDataFrame([(key, *row) for key, (_, row) in KEYS.items() if row], COLUMNS)
    found = classified(batch_of(spark, MERGED, batch), target, MERGED).select("key", "seq", "word", FATE)
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", [(k, *r) for k, (rows, _) in KEYS.items() for r in rows], found)


def test_what_is_too_old_is_not_taken_in_and_what_is_there_is_brought_up_to_date(spark):
    batch = [("new", 5, "a"), ("old", 2, "b"), ("known", 2, "c")]
    target = spark.createDataFrame([("known", 1, "d")], COLUMNS)
    for there, known in ((target, "update"), (None, "superseded")):
        found = classified(batch_of(spark, MERGED, batch), there, MERGED, is_too_old=F.col("seq") < 3)
        fates = [("new", 5, "a", "insert"), ("old", 2, "b", "superseded"), ("known", 2, "c", known)]
        assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", fates, found.select("key", "seq", "word", FATE))


def test_without_a_target_the_newest_of_each_key_is_new(spark):
    batch = [(key, seq, word) for key, (rows, _) in KEYS.items() for seq, word, _ in rows]
    found = classified(batch_of(spark, MERGED, batch), None, MERGED).where(F.col(FATE) == "insert").select("key", "seq")
    expected = [
        (k, max(s for s, w, _ in rows if w != BAD)) for k, (rows, _) in KEYS.items() if {w for _, w, _ in rows} - {BAD}
    ]
    assert_rows("key STRING, seq INT", expected, found)


SNAPSHOTS = {
    "new": ([(1, "a", "insert")], None),
    "changed": ([(1, "b", "update")], (1, "a")),
    "changed to less": ([(0, "a", "update")], (1, "b")),
    "the same": ([(1, "a", "superseded")], (1, "a")),
    "nothing in common": ([(None, None, "update")], (1, "a")),
    "refused": ([(1, BAD, "quarantined")], (1, "a")),
    "gone": ([], (1, "a")),
}


def test_a_snapshot_deletes_only_keys_that_it_does_not_name(spark):
    batch = [(key, seq, word) for key, (rows, _) in SNAPSHOTS.items() for seq, word, _ in rows]
    target = spark.createDataFrame([(key, *row) for key, (_, row) in SNAPSHOTS.items() if row], COLUMNS)
    rows = batch_of(spark, SNAPSHOT, batch, _sequence=F.lit(1))
    found = classified(rows, target, SNAPSHOT).select("key", "seq", "word", FATE)
    expected = [(key, *row) for key, (rows, _) in SNAPSHOTS.items() for row in rows]
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", expected, found)
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", [("gone", 1, "a", "delete")], gone(rows, target, SNAPSHOT))


def test_a_key_of_two_columns_is_one_key(spark):
    contract = things(
        column("key"), column("seq", "int"), column("word"), primary_key=("key", "seq"), sequence_by=("word",)
    )
    target = spark.createDataFrame([("a", 1, "x"), ("b", 2, "x")], COLUMNS)
    batch = [("a", 1, "y"), ("a", 2, "y"), ("b", 1, "y"), ("b", 2, "w")]
    found = classified(batch_of(spark, contract, batch), target, contract).select("key", "seq", "word", FATE)
    fates = ["update", "insert", "insert", "superseded"]
    assert_rows(f"{COLUMNS}, _fate STRING NOT NULL", [(*r, f) for r, f in zip(batch, fates, strict=True)], found)


def test_content_tells_values_apart_that_differ_by_a_microsecond_and_null_from_a_word(spark):
    contract = things(column("key"), column("at", "timestamp"))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)
    values = [("a", noon), ("a", noon.replace(microsecond=1)), (None, noon), ("null", noon), ("a", None)]
    rows = spark.createDataFrame(values, "key STRING, at TIMESTAMP")
    assert len(values) == rows.select(content(contract).alias("content")).distinct().count()
