"""Data, position and sequence are committed together or not at all, by any kind of write."""

import threading
from dataclasses import asdict

import pytest
from pyspark.sql import functions as F

from jobs.runtime.commit import TXN_APP_ID, TXN_VERSION, USER_METADATA, append_nothing
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import FlowPosition
from jobs.runtime.session import batch_session
from shared.errors import LeaseHeldError, LostRaceError
from tests.support.delta_tables import Written, appending, frame_of, merging, overwriting
from tests.support.errors import error


@pytest.fixture
def table(spark, tmp_path):
    return Written(spark, str(tmp_path / "things"))


def nothing(session, location):
    append_nothing(frame_of(session, [(9, "never")]), location)


def deleting(session, location):
    Written(session, location).delta().delete("key = 1")


@pytest.fixture(scope="module")
def started(spark, tmp_path_factory):
    """A table with two rows, to which each kind of write is applied, one after the other."""
    table = Written(spark, str(tmp_path_factory.mktemp("commit") / "things"))
    table.append((1, "a"), (2, "b"))
    return table


@pytest.mark.parametrize(
    "write, operation, rows",
    [
        pytest.param(appending((3, "c")), "WRITE", [(1, "a"), (2, "b"), (3, "c")], id="append"),
        pytest.param(merging((2, "B"), (4, "d")), "MERGE", [(1, "a"), (2, "B"), (3, "c"), (4, "d")], id="merge"),
        pytest.param(nothing, "WRITE", [(1, "a"), (2, "B"), (3, "c"), (4, "d")], id="empty append"),
        pytest.param(deleting, "DELETE", [(2, "B"), (3, "c"), (4, "d")], id="delete"),
        pytest.param(overwriting((5, "e")), "WRITE", [(5, "e")], id="overwrite"),
        pytest.param(merging((5, "e")), "MERGE", [(5, "e")], id="merge of the same row"),
        pytest.param(overwriting(), "WRITE", [], id="overwrite by nothing"),
    ],
)
def test_one_commit_carries_data_position_and_sequence(started, write, operation, rows):
    before = started.batch(run="r2", attempt="a7")
    landed = started.commit(write, before, {"bronze.x": 7}, books={"read": 3}, fingerprint="abc", warnings={"odd": 1})
    position = FlowPosition(
        sequence=before.sequence,
        run="r2",
        attempt="a7",
        inputs={"bronze.x": 7},
        books={"read": 3},
        fingerprint="abc",
        warnings={"odd": 1},
    )
    assert rows == started.rows()
    assert (before.before.version + 1, operation) == (landed.version, landed.info["operation"])
    assert {"v": 1, "flows": {started.flow: asdict(position)}} == landed.metadata
    assert {started.flow: before.sequence} == landed.transactions
    assert (landed.version, {started.flow: position}) == (started.position().version, started.position().flows)


def test_every_commit_carries_all_flows_on(spark, table):
    other = Written(spark, table.location, flow="another source")
    table.append((1, "a"))
    other.append((2, "b"), inputs={"upto": "x"})
    table.commit(merging((1, "A")))
    other.commit(nothing, inputs={"upto": "y"})
    flows = table.position().flows
    assert {"silver.things": (2, {"upto": 2}), "another source": (2, {"upto": "y"})} == {
        name: (p.sequence, p.inputs) for name, p in flows.items()
    }
    assert set(flows) == set(DeltaLog(spark, table.location).commit(3).metadata["flows"])


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(appending((7, "zombie")), id="append"),
        pytest.param(overwriting((7, "zombie")), id="overwrite"),
        pytest.param(merging((1, "zombie"), (7, "zombie")), id="merge"),
        pytest.param(deleting, id="delete"),
        pytest.param(nothing, id="empty append"),
    ],
)
def test_a_zombie_with_an_old_sequence_changes_nothing(started, write):
    started.commit(overwriting((1, "a")))
    old = started.batch(run="old")
    started.append((2, "b"))
    position = started.position()
    with pytest.raises(LostRaceError, match=f"another writer took batch {old.sequence} of silver.things") as lost:
        started.commit(write, old)
    assert lost.value.retryable
    assert [(1, "a"), (2, "b")] == started.rows()
    assert position == started.position()


@pytest.mark.parametrize(
    "write", [pytest.param(appending((3, "c")), id="append"), pytest.param(merging((2, "B")), id="merge")]
)
def test_a_batch_that_is_older_than_a_restore_does_not_land_on_what_it_brought_back(table, write):
    """Its sequence is new to Delta, so it would be committed, and the second batch lost without an error."""
    table.append((1, "a"))
    table.append((2, "b"))
    old = table.batch(run="old")
    table.delta().restoreToVersion(0)
    with pytest.raises(LostRaceError, match="version 2 is a RESTORE, and the batch began at version 1") as lost:
        table.commit(write, old)
    assert lost.value.retryable
    assert [(1, "a")] == table.rows()


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda frame, location: frame.write.format("delta").mode("append").save(location), id="append"),
        pytest.param(
            lambda frame, location: (
                Written(frame.sparkSession, location)
                .delta()
                .alias("t")
                .merge(frame.alias("s"), "t.key = s.key")
                .whenMatchedUpdateAll()
                .whenNotMatchedInsertAll()
                .execute()
            ),
            id="merge",
        ),
    ],
)
def test_of_two_racing_writers_of_one_sequence_one_lands(table, tmp_path, write):
    """The slower writer has begun when the other commits, so Delta finds a conflict, not an old sequence."""
    table.append((1, "a"))
    slow, quick = table.batch(run="slow"), table.batch(run="quick")
    begun, go = tmp_path / "begun", tmp_path / "go"
    errors = []

    def race():
        try:
            table.commit(lambda session, location: write(held_up(session, begun, go), location), slow)
        except LostRaceError as error:
            errors.append(error)

    racer = threading.Thread(target=race)
    racer.start()
    wait_for(begun)
    table.append((2, "quick"), batch=quick)
    go.touch()
    racer.join(120)
    assert [(1, "a"), (2, "quick")] == table.rows()
    assert "quick" == table.position().flows[table.flow].run
    assert ["run slow, attempt a1"] == [e.given for e in errors]


def held_up(session, begun, go):
    """One row that signals when it is read, and is returned once that is allowed."""
    paths = str(begun), str(go)

    def waiting(batches):
        import time
        from pathlib import Path

        Path(paths[0]).touch()
        for _ in range(12000):
            if Path(paths[1]).exists():
                break
            time.sleep(0.01)
        yield from batches

    rows = session.createDataFrame([(1, "slow")], "key BIGINT, word STRING")
    # One task: a second would take the only other core from the quick writer.
    return rows.coalesce(1).mapInArrow(waiting, "key BIGINT, word STRING")


def wait_for(path):
    pause = threading.Event()
    for _ in range(12000):
        if path.exists():
            return
        pause.wait(0.01)
    raise TimeoutError(str(path))


def test_the_lease_is_checked_before_the_write(table):
    table.append((1, "a"))
    table.lease.error = error(LeaseHeldError, "somebody else has it")
    with pytest.raises(LeaseHeldError):
        table.append((2, "b"))
    assert ([(1, "a")], 0) == (table.rows(), table.position().version)


def test_a_write_that_fails_leaves_nothing_and_the_next_batch_has_its_number(table):
    table.append((1, "a"))
    with pytest.raises(Exception, match="DIVIDE_BY_ZERO"):
        table.commit(
            lambda session, location: (
                session.range(3)
                .select(F.col("id").alias("key"), F.expr("string(1 / (id - 2))").alias("word"))
                .write.format("delta")
                .mode("append")
                .save(location)
            )
        )
    assert [(1, "a")] == table.rows()
    assert 2 == table.batch().sequence


def test_upkeep_that_lands_right_after_a_batch_does_not_hide_it(table):
    """The batch is found though the table's last commit is not its own."""
    table.append((1, "a"))

    def append_and_optimize(session, location):
        appending((2, "b"))(session, location)
        Written(table.spark, location).delta().optimize().executeCompaction()

    landed = table.commit(append_and_optimize, books={"read": 1})
    assert (1, "WRITE") == (landed.version, landed.info["operation"])
    assert (2, 2) == (table.position().version, table.position().flows[table.flow].sequence)


def test_a_frame_of_another_session_would_lose_its_position_and_is_found_out(spark, table):
    """Delta takes position and sequence from the frame's session, so such a write is committed without them."""
    stranger = frame_of(spark, [(1, "a")])
    with pytest.raises(LostRaceError):
        table.commit(lambda _, location: stranger.write.format("delta").mode("append").save(location))


def test_a_session_forgets_the_batch_once_it_is_committed(spark, table):
    session = batch_session(spark)
    seen = []

    def write(its, location):
        seen.append([its.conf.get(key) for key in (TXN_APP_ID, TXN_VERSION)])
        appending((1, "a"))(its, location)

    table.commit(write, session=session)
    assert [[table.flow, "1"]] == seen
    assert [None] * 3 == [session.conf.get(key, None) for key in (USER_METADATA, TXN_APP_ID, TXN_VERSION)]
