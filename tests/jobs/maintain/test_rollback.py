"""A lake that is rolled back to a run is as it was then, and the next run brings it to where it had been."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.maintain import rollback
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.table_files import remove_old_files
from jobs.runtime.upkeep import carrying_on
from shared.errors import TerminalError
from shared.jobs import Status, Step
from shared.retention import HISTORY_DAYS
from tests.support.delta_tables import age_commits
from tests.support.grown import DAY, content, growing, rows_of
from tests.support.killing import KilledError
from tests.support.small_lake import NOON, SmallLake, lease_account, let_leases_run_out

pytestmark = pytest.mark.long

# How many files had landed before the second run.
FILES_OF_R2 = 6


@pytest.fixture(scope="module")
def grown(begun_before, tmp_path_factory):
    """A lake after its runs, what it was after the first of them, and after the last."""
    with lease_account():
        lake = begun_before.copied(tmp_path_factory.mktemp("grown"))
        runs = growing(lake)
        next(runs)
        first = rows_of(lake)
        assert ["r3", "r4"] == list(runs)
        # Tables can go back as long as their files are there, however old their commits are.
        for log in lake.root.rglob("_delta_log"):
            age_commits(str(log.parent), days=HISTORY_DAYS + 1)
        return lake, first, content(lake)


@pytest.fixture
def lake(grown, tmp_path, leases):
    return grown[0].copied(tmp_path)


def test_lake_is_what_it_was_and_the_next_run_reads_again_what_came_since(lake: SmallLake, grown):
    _, first, last = grown
    assert first != rows_of(lake)

    with pytest.raises(TerminalError, match="no such run to go back to"):
        lake.upkeep("u0", rollback="r0")
    went = lake.upkeep("u1", rollback="r2").outcomes
    assert first == rows_of(lake)
    assert {Status.SUCCEEDED} == {o.status for o in went.values()}
    assert "as r2 left it" in went["gold.totals"].reason

    versions = lake.versions()
    again = lake.upkeep("u2", rollback="r2").outcomes
    assert ({Status.UNCHANGED}, versions) == ({o.status for o in again.values()}, lake.versions())

    lake.run("r5", DAY)
    assert last == content(lake)

    # And back once more, to a run from before the rollback.
    lake.upkeep("u3", rollback="r2")
    assert first == rows_of(lake)
    lake.run("r6", DAY)
    assert last == content(lake)


def test_run_without_news_since_the_rollback_changes_nothing(lake, grown):
    """The files that landed since are removed. Bronze without the later batches is not taken for an empty snapshot."""
    _, first, _ = grown
    for file in Path(lake.landing_root).glob("*/*.csv"):
        if file.stat().st_mtime > NOON + FILES_OF_R2:
            file.unlink()
    lake.upkeep("u1", rollback="r2")

    ran = lake.run("r5", (*DAY[:-1], Step.RECONCILE, Step.RECORD)).outcomes
    assert first == rows_of(lake)
    assert {} == {name: (o.failure, o.warnings) for name, o in ran.items() if o.failure or o.warnings}
    assert "silver.stock" in ran


def test_rollback_that_dies_anywhere_is_completed_by_the_next_and_no_flow_works_on_its_table_meanwhile(
    lake, grown, monkeypatch
):
    _, first, last = grown
    died_before: list[str] = []
    monkeypatch.setattr(rollback, "carrying_on", _dying_before_each(died_before))
    while _dies(lake, tables=("silver.orders",)):
        if len(died_before) > 1:
            failed = lake.run(f"d{len(died_before)}", (Step.REFINE,), ("silver.orders",)).outcomes["silver.orders"]
            assert (Status.FAILED, "RollbackError") == (failed.status, failed.failure.error)
            assert "./lake rollback r2 --select silver.orders" in failed.failure.message
    assert ["mark", "quarantine", "tombstones", "silver"] == died_before
    monkeypatch.undo()
    let_leases_run_out()

    lake.upkeep("u9", rollback="r2")
    assert first == rows_of(lake)
    lake.run("r5", DAY)
    assert last == content(lake)


def _dies(lake, tables):
    try:
        lake.upkeep("u1", rollback="r2", tables=tables)
    except KilledError:
        let_leases_run_out()
        return True
    return False


def _dying_before_each(died_before):
    """Stands in for `carrying_on`, and dies once before each commit; the first one of a job sets the mark."""
    begun = set()

    @contextmanager
    def carrying(session, location, lease, *rest):
        point = location.split("/")[-3].removeprefix("lake") or "silver" if lease.fencing in begun else "mark"
        begun.add(lease.fencing)
        if point not in died_before:
            died_before.append(point)
            raise KilledError(point)
        with carrying_on(session, location, lease, *rest):
            yield

    return carrying


def test_restore_by_hand_is_mended(lake, grown):
    """It removed batches, so that no commit says how far the inputs were read."""
    _, _, last = grown
    lake.spark.sql(f"RESTORE delta.`{lake.location('silver.orders')}` TO VERSION AS OF 1")
    failed = lake.run("r5", (Step.REFINE,), ("silver.orders",)).outcomes["silver.orders"].failure
    assert ("PositionLostError", True) == (failed.error, "./lake rollback RUN --select TABLE" in failed.message)

    lake.upkeep("u1", rollback="r2", tables=("silver.orders",))
    lake.run("r6", DAY)
    assert last == content(lake)


def test_version_that_is_gone_is_refused_and_the_other_tables_go_back(lake):
    """One table has lost files, another commits of its log."""
    remove_old_files(lake.spark, lake.location("silver.customers"))
    reasons = {
        "silver.customers": "1 of the files that it names are gone",
        "gold.totals": "the table's log does not reach back so far",
    }
    for commit in Path(lake.location("gold.totals"), "_delta_log").glob("*.json"):
        os.utime(commit, (NOON, NOON))
    DeltaLog(lake.spark, lake.location("gold.totals")).forget_expired()
    now = {name: lake.rows(name) for name in reasons}
    went = lake.upkeep("u1", rollback="r2").outcomes

    for name, reason in reasons.items():
        failure = went[name].failure
        assert (Status.FAILED, "RollbackError", False) == (went[name].status, failure.error, failure.retryable)
        assert reason in failure.message
    assert now == {name: lake.rows(name) for name in reasons}
    still_in = "; rows that were taken from it since are still in silver.customers"
    assert went["bronze.shop__customers"].reason.endswith(still_in)
    assert {Status.SUCCEEDED} == {o.status for name, o in went.items() if name not in reasons}
    assert Status.SUCCEEDED is lake.run("r5", DAY).outcomes["silver.orders"].status
