"""Rows that rules refused: committed before their batch, and never there twice."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from jobs.runtime.quarantine import ORIGIN, held, not_refused_before, quarantine, restore_released
from jobs.runtime.session import batch_session
from shared.errors import LeaseHeldError
from tests.support.delta_tables import Written
from tests.support.errors import error
from tests.support.frames import assert_rows

pytestmark = pytest.mark.extra

REFUSED = "rules ARRAY<STRING>, source_position STRING, row_key STRING, row STRING"
STORED = (
    "batch BIGINT NOT NULL, rules ARRAY<STRING> NOT NULL, source_position STRING, row_key STRING, row STRING, "
    "contract STRING NOT NULL, run_id STRING NOT NULL, quarantined_at TIMESTAMP NOT NULL, "
    "input_sequence BIGINT, input_key BIGINT"
)
SHORT = (["short row"], "f.csv#2", None, "1,")
ORPHAN = (["a_exists", "b_type"], "f.csv#3", '{"a":1}', '{"a":"1","b":"x"}')


@pytest.fixture
def target(spark, tmp_path):
    return Written(spark, str(tmp_path / "things"))


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "quarantine" / "things")


@pytest.fixture
def flow_of(spark, place):
    """The flow of a batch, with only what a quarantine needs of it."""

    def flow(batch, fingerprint="f1"):
        table = SimpleNamespace(fingerprint=fingerprint)
        return SimpleNamespace(session=batch_session(spark), table=table, batch=batch, quarantine_location=place)

    return flow


@pytest.fixture
def refuse(flow_of):
    """Quarantine rows of a batch of the target, and release those at some source positions."""

    def refuse_rows(batch, *rows, fingerprint="f1", released=()):
        flow = flow_of(batch, fingerprint)
        refused = flow.session.createDataFrame(list(rows), REFUSED) if rows else None
        let_go = flow.session.createDataFrame([(r,) for r in released], "source_position STRING") if released else None
        quarantine(flow, refused, let_go)

    return refuse_rows


def stored(spark, place):
    """The quarantine without its times."""
    rows = spark.read.format("delta").load(place).drop("quarantined_at", *ORIGIN).collect()
    return sorted((tuple(r) for r in rows), key=str)


def test_a_refused_row_is_kept_whole(spark, target, place, refuse):
    before = datetime.now(UTC).replace(tzinfo=None)
    refuse(target.batch(run="r7"), SHORT, ORPHAN)
    found = spark.read.format("delta").load(place)
    times = [r["quarantined_at"] for r in found.collect()]
    assert before <= times[0] == times[1]
    expected = [(1, *row, "f1", "r7", times[0], None, None) for row in (SHORT, ORPHAN)]
    assert_rows(STORED, expected, found)


def test_batches_stand_side_by_side(spark, target, place, refuse):
    refuse(target.batch(run="r1"), SHORT)
    target.append((1, "a"))
    refuse(target.batch(run="r2"), ORPHAN)
    target.append((2, "b"))
    assert [(1, *SHORT, "f1", "r1"), (2, *ORPHAN, "f1", "r2")] == stored(spark, place)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([SHORT, ORPHAN], id="the same rows"),
        pytest.param([ORPHAN], id="fewer rows"),
        pytest.param([], id="none any more"),
    ],
)
def test_what_a_dead_run_left_is_replaced(spark, target, place, refuse, again):
    """The next run decides the batch again, maybe under another contract and with other rows."""
    refuse(target.batch(run="r1"), SHORT)
    target.append((1, "a"))
    refuse(target.batch(run="dead"), SHORT, ORPHAN)
    refuse(target.batch(run="r2"), *again, fingerprint="f2")
    target.append((2, "b"))
    expected = [(1, *SHORT, "f1", "r1"), *[(2, *row, "f2", "r2") for row in again]]
    assert sorted(expected, key=str) == stored(spark, place)


def test_what_a_dead_run_let_go_is_let_go_again_or_put_back(spark, target, place, refuse, flow_of):
    refuse(target.batch(run="r1"), SHORT, ORPHAN)
    target.append((1, "a"))
    first = [(1, *ORPHAN, "f1", "r1"), (1, *SHORT, "f1", "r1")]
    for run in ("dead", "dead too"):
        refuse(target.batch(run=run), ORPHAN, released=["f.csv#2", "f.csv#3"])
        assert [(2, *ORPHAN, "f1", run)] == stored(spark, place)
        seen = held(flow_of(target.batch()))
        assert {"f.csv#2", "f.csv#3"} == {r["source_position"] for r in seen.collect()}
    for _ in range(2):
        restore_released(flow_of(target.batch(run="r2")))
        assert first == stored(spark, place)

    refuse(target.batch(run="dead"), released=["f.csv#3"])
    refuse(target.batch(run="r3"), released=["f.csv#2"])
    target.append((2, "b"))
    assert [(1, *ORPHAN, "f1", "r1")] == stored(spark, place)
    version = Written(spark, place).position().version
    restore_released(flow_of(target.batch(run="r4")))
    assert version == Written(spark, place).position().version


def test_a_quarantine_of_an_earlier_release_gets_the_columns_it_lacks(spark, target, place, refuse, flow_of):
    refuse(target.batch(run="r1"), SHORT)
    target.append((1, "a"))
    spark.sql(f"ALTER TABLE delta.`{place}` UNSET TBLPROPERTIES ('delta.dataSkippingStatsColumns')")
    older = spark.read.format("delta").load(place).drop(*ORIGIN)
    older.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(place)
    assert [None] == [r["input_key"] for r in held(flow_of(target.batch())).collect()]
    refuse(target.batch(run="r2"), ORPHAN)
    assert [(1, *SHORT, "f1", "r1"), (2, *ORPHAN, "f1", "r2")] == stored(spark, place)


def test_a_table_that_is_built_anew_begins_its_quarantine_anew(spark, target, place, refuse, tmp_path):
    for run in ("r1", "r2", "r3"):
        refuse(target.batch(run=run), SHORT)
        target.append((1, run))
    anew = Written(spark, str(tmp_path / "anew"))
    for run in ("r4", "r5"):
        refuse(anew.batch(run=run), ORPHAN)
        anew.append((1, run))
    assert [(1, *ORPHAN, "f1", "r4"), (2, *ORPHAN, "f1", "r5")] == stored(spark, place)


def test_a_batch_that_refuses_nothing_makes_no_quarantine(tmp_path, target, refuse):
    refuse(target.batch())
    assert not (tmp_path / "quarantine").exists()


def test_a_batch_that_refuses_nothing_leaves_the_quarantine_of_others_alone(spark, target, place, refuse):
    refuse(target.batch(run="r1"), SHORT)
    target.append((1, "a"))
    version = Written(spark, place).position().version
    refuse(target.batch(run="r2"))
    assert version == Written(spark, place).position().version


def test_a_zombie_without_the_lease_changes_nothing(spark, target, place, refuse):
    old = target.batch(run="zombie")
    refuse(target.batch(run="r1"), SHORT)
    target.append((1, "a"))
    target.lease.error = error(LeaseHeldError, "somebody else has it")
    with pytest.raises(LeaseHeldError):
        refuse(old, ORPHAN)
    assert [(1, *SHORT, "f1", "r1")] == stored(spark, place)


def test_rows_that_come_again_are_known_by_reason_place_and_text(spark, target, refuse, flow_of):
    refuse(target.batch(), SHORT, ORPHAN)
    target.append((1, "a"))
    new = [
        SHORT,
        (["long row"], *SHORT[1:]),
        (SHORT[0], "g.csv#2", *SHORT[2:]),
        (*SHORT[:3], "2,"),
        (*SHORT[:3], None),
    ]
    frame = spark.createDataFrame(new, REFUSED)
    assert_rows(REFUSED, new[1:], not_refused_before(flow_of(target.batch()), frame))


def test_what_a_dead_run_left_of_this_very_batch_is_not_known(spark, target, refuse, flow_of):
    refuse(target.batch(run="dead"), SHORT)
    frame = spark.createDataFrame([SHORT], REFUSED)
    assert_rows(REFUSED, [SHORT], not_refused_before(flow_of(target.batch()), frame))


def test_without_a_quarantine_nothing_is_known(spark, target, flow_of):
    frame = spark.createDataFrame([SHORT], REFUSED)
    assert_rows(REFUSED, [SHORT], not_refused_before(flow_of(target.batch()), frame))
