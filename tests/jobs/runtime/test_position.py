"""How far a table's inputs were read: found behind other commits, never taken from a commit it does not belong to."""

import json
import shutil

import pytest
from deltalake import DeltaTable

from jobs.runtime.commit import USER_METADATA
from jobs.runtime.delta_log import Commit, DeltaLog
from jobs.runtime.position import FlowPosition, TablePosition, flows_of, read_position
from scripts.looking.log import StoredLog
from scripts.recovering.stored import Stored
from shared.errors import PositionLostError
from tests.support.delta_tables import Written, appending, frame_of, merging


@pytest.fixture
def table(spark, tmp_path):
    return Written(spark, str(tmp_path / "things"))


@pytest.fixture(scope="module")
def made(spark, tmp_path_factory):
    """Batches 1, 2, 3 at versions 0, 1, 2; tests work on copies."""
    table = Written(spark, str(tmp_path_factory.mktemp("position") / "things"))
    table.append((1, "a"))
    table.append((2, "b"))
    table.commit(merging((1, "A"), (3, "c")))
    return table


@pytest.fixture(scope="module")
def rolled_back(made, tmp_path_factory):
    """The three batches, and a RESTORE to version 1 at version 3."""
    table = copied(made, tmp_path_factory.mktemp("restored") / "things")
    table.delta().restoreToVersion(1)
    return table


def copied(table, to):
    shutil.copytree(table.location, to)
    return Written(table.spark, str(to))


@pytest.fixture
def three_batches(made, tmp_path):
    return copied(made, tmp_path / "things")


@pytest.fixture
def restored(rolled_back, tmp_path):
    """The restored table as another writer might have left it: with other metadata in the RESTORE's commit."""

    def with_info(**changes):
        table = copied(rolled_back, tmp_path / "things")
        log = tmp_path / "things" / "_delta_log" / f"{3:020d}.json"
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        [info] = [a["commitInfo"] for a in actions if "commitInfo" in a]
        info.update(changes)
        log.write_text("".join(f"{json.dumps(a)}\n" for a in actions))
        log.with_name(f".{log.name}.crc").unlink(missing_ok=True)
        return table

    return with_info


def stand(table):
    """Version, sequence, and how far the input was read."""
    position = table.position()
    flow = position.flows[table.flow]
    return position.version, flow.sequence, flow.inputs["upto"]


def test_where_there_is_no_table_there_is_no_position(table):
    assert TablePosition(version=-1, flows={}) == table.position()


def test_a_folder_without_a_log_is_no_table(table, spark, tmp_path):
    spark.range(3).write.parquet(table.location)
    assert -1 == table.position().version


def test_a_table_that_was_only_created_has_no_position(spark, table):
    spark.createDataFrame([], "key BIGINT").write.format("delta").save(table.location)
    assert TablePosition(version=0, flows={}) == table.position()


def test_commits_without_position_do_not_hide_it(spark, three_batches):
    expected = three_batches.position().flows
    for upkeep in (
        lambda: three_batches.delta().optimize().executeCompaction(),
        lambda: spark.sql(f"ALTER TABLE delta.`{three_batches.location}` SET TBLPROPERTIES ('team' = 'desk')"),
        lambda: spark.sql(f"DELETE FROM delta.`{three_batches.location}` WHERE key = 1"),
        three_batches.delta().vacuum,
    ):
        version = three_batches.position().version
        upkeep()
        assert three_batches.position().version > version
        assert expected == three_batches.position().flows
    three_batches.append((4, "d"))
    assert 4 == three_batches.position().flows[three_batches.flow].sequence


def test_a_letter_that_ends_lines_in_some_eyes_hides_nothing(spark, table):
    """Delta writes such characters unescaped into the statistics of files."""
    table.append((1, "Call\u2028back"))
    table.append((2, "Caf\x85 \u2029"))

    assert (1, 2, 2) == stand(table)
    assert [(1, "Call\u2028back"), (2, "Caf\x85 \u2029")] == table.rows()
    by_delta_rs = StoredLog(table.location, DeltaTable(table.location))
    for version in range(2):
        in_copy = Stored(what="things", location=table.location, options={}).position(version)
        found = DeltaLog(spark, table.location).commit(version)
        assert (found, flows_of(found)) == (by_delta_rs.commit(version), in_copy)


def test_an_older_position_that_lands_late_does_not_count(spark, three_batches):
    """An OPTIMIZE that began before the last batch may carry the position that it saw then."""
    old = three_batches.position().after(three_batches.flow, three_batches.position().flows[three_batches.flow])
    three_batches.append((4, "d"))
    session = spark.newSession()
    session.conf.set(USER_METADATA, old)
    Written(session, three_batches.location).delta().optimize().executeCompaction()
    assert (4, 4, 4) == stand(three_batches)


def test_a_position_that_upkeep_carries_on_counts(spark, three_batches):
    session = spark.newSession()
    flow = three_batches.position().flows[three_batches.flow]
    session.conf.set(USER_METADATA, three_batches.position().after(three_batches.flow, flow))
    Written(session, three_batches.location).delta().optimize().executeCompaction()
    assert (3, 3, 3) == stand(three_batches)


def test_after_a_restore_no_batch_is_skipped_in_silence(restored):
    """Delta still counts batch 3, but its rows are gone: from its position they would never be read again."""
    table = restored()
    assert [(1, "a"), (2, "b")] == table.rows()
    with pytest.raises(PositionLostError) as lost:
        table.position()
    assert (
        "where silver.things stands is in no commit of the versions 0 to 3, version 3 is a RESTORE" == lost.value.given
    )


def test_a_restore_that_is_taken_back_is_as_if_it_never_was(restored):
    table = restored()
    table.delta().restoreToVersion(2)
    assert (4, 3, 3) == stand(table)
    table.append((4, "d"))
    assert (5, 4, 4) == stand(table)


def test_a_restore_that_takes_no_batch_away_keeps_the_position(three_batches):
    three_batches.delta().optimize().executeCompaction()
    three_batches.delta().restoreToVersion(2)
    assert (4, 3, 3) == stand(three_batches)


def test_a_restore_by_time_is_refused_since_its_commit_does_not_say_the_version(restored):
    by_time = {"version": None, "timestamp": "2026-01-01 00:00:00"}
    with pytest.raises(PositionLostError, match="in no commit of the versions 3 to 3, version 3 is a RESTORE"):
        restored(operationParameters=by_time).position()


def test_a_restore_that_says_how_far_the_inputs_are_read_now_is_believed(made, restored):
    """The restored inputs count under the current sequence, which a RESTORE leaves as it is."""
    now = FlowPosition(sequence=3, run="rollback", attempt="a1", inputs={"upto": 2})
    table = restored(userMetadata=made.position().after(made.flow, now))
    assert (3, 3, 2) == stand(table)
    table.append((3, "again"))
    assert ([(1, "a"), (2, "b"), (3, "again")], (4, 4, 4)) == (table.rows(), stand(table))


def test_rows_that_no_flow_wrote_are_refused(spark, table):
    frame_of(spark, [(1, "a")]).write.format("delta").save(table.location)
    with pytest.raises(PositionLostError, match="the table has rows that no flow of the lake wrote"):
        table.position()


def test_a_sequence_whose_position_cannot_be_read_is_refused(spark, table):
    session = spark.newSession()
    session.conf.set("spark.databricks.delta.write.txnAppId", table.flow)
    session.conf.set("spark.databricks.delta.write.txnVersion", "1")
    session.conf.set(USER_METADATA, "by hand")
    appending((1, "a"))(session, table.location)
    with pytest.raises(PositionLostError, match=r"silver\.things stands is in no commit of the versions 0 to 0"):
        read_position(spark, table.location)


@pytest.mark.parametrize(
    "removed, stands",
    [pytest.param((0, 1), True, id="with the position"), pytest.param((0, 1, 2), False, id="without it")],
)
def test_a_log_without_its_first_commits_is_read_as_far_as_it_goes(spark, three_batches, tmp_path, removed, stands):
    """After a checkpoint earlier commits are not needed, and Delta removes them in time."""
    three_batches.delta().optimize().executeCompaction()
    deltas = spark._jvm.org.apache.spark.sql.delta.DeltaLog
    deltas.forTable(spark._jsparkSession, three_batches.location).checkpoint()
    for version in removed:
        (tmp_path / "things" / "_delta_log" / f"{version:020d}.json").unlink()
    cut = copied(three_batches, tmp_path / "cut")
    if stands:
        assert (3, 3, 3) == stand(cut)
    else:
        with pytest.raises(PositionLostError, match="in no commit of the versions 3 to 3"):
            cut.position()


FACTS = {"sequence": 3, "run": "r", "attempt": "a", "inputs": {"x": 1}}


@pytest.mark.parametrize(
    "metadata, flows",
    [
        pytest.param({"v": 1, "flows": {"f": FACTS}}, {"f": FlowPosition(**FACTS)}, id="a position"),
        pytest.param({"v": 2, "flows": {"f": FACTS}}, {}, id="another format"),
        pytest.param({"flows": {"f": FACTS}}, {}, id="no format"),
        pytest.param({"v": 1}, {}, id="no flows"),
        pytest.param({"v": 1, "flows": {"f": {"sequence": 3}}}, {}, id="half a position"),
        pytest.param({"v": 1, "flows": {"f": FACTS | {"other": 1}}}, {}, id="an unknown fact"),
        pytest.param({"v": 1, "flows": [FACTS]}, {}, id="a list"),
        pytest.param([1], {}, id="no object"),
        pytest.param("words", {}, id="words"),
    ],
)
def test_only_what_is_a_position_counts_as_one(metadata, flows):
    assert flows == flows_of(Commit(0, {"userMetadata": json.dumps(metadata)}))


@pytest.mark.parametrize("text", [pytest.param(None, id="none"), pytest.param("not JSON", id="not JSON")])
def test_other_metadata_is_no_position(text):
    assert {} == flows_of(Commit(0, {"userMetadata": text}))
