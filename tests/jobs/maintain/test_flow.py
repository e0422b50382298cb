"""Upkeep compacts files and removes old ones; rows and positions stay, and so does what the next run does."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from jobs.maintain import flow
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position
from jobs.runtime.session import batch_session
from jobs.runtime.table_files import DELETING_TASKS, remove_old_files
from jobs.runtime.tables import FILE_RETENTION
from shared.jobs import Status, Step
from shared.retention import LOG_DAYS
from tests.jobs.test_killed_before_each_write import all_rows
from tests.support.begun import ORDERS, TEN
from tests.support.delta_tables import Written, overwriting
from tests.support.killing import KilledError, Reaper
from tests.support.small_lake import SmallLake, let_leases_run_out

DAY = (Step.INGEST, Step.REFINE, Step.BUILD)


def data_files(lake, table):
    return list(Path(lake.location(table)).glob("*.parquet"))


def positions(lake):
    places = [place for place in lake.versions() if "erasures" not in place]
    return {place: read_position(lake.spark, f"{lake.lake_root}/{place}").flows for place in places}


@pytest.mark.extra
def test_files_are_compacted_and_nothing_else_changes(begun_lake: SmallLake, monkeypatch):
    lake = begun_lake
    lake.run("r2", DAY)
    undisturbed = lake.branched()
    # As made by an earlier release, without the property, so that Delta's own seven days hold.
    without = f"ALTER TABLE delta.`{lake.location('silver.orders')}` UNSET TBLPROPERTIES ('{FILE_RETENTION}')"
    lake.spark.sql(without)
    before, stood = all_rows(lake), positions(lake)
    # Left by a run that died: no version has them.
    left = {days: Path(lake.location("silver.orders"), f"{days}.parquet") for days in (13, 15)}
    for days, file in left.items():
        shutil.copy(data_files(lake, "silver.orders")[0], file)
        os.utime(file, (time.time() - days * 24 * 3600,) * 2)

    done = lake.upkeep("u1").outcomes
    orders = done["silver.orders"]
    assert (True, False) == (left[13].exists(), left[15].exists())
    assert (Status.SUCCEEDED, 0) == (orders.status, orders.read)
    assert "files made" in orders.reason
    assert (before, stood) == (all_rows(lake), positions(lake))
    assert 1 == len(lake.frame("silver.orders").inputFiles()) < len(data_files(lake, "silver.orders"))

    again = lake.upkeep("u2").outcomes
    assert {(Status.UNCHANGED, "")} == {(o.status, o.reason) for o in again.values()}

    # Files of versions that are no longer kept are removed, and no others.
    monkeypatch.setattr(flow, "HISTORY_DAYS", 0)
    removed = lake.upkeep("u3", tables=("silver.orders", "silver.names")).outcomes["silver.orders"]
    assert (Status.SUCCEEDED, True) == (removed.status, removed.reason.endswith("old ones removed"))
    assert len(lake.frame("silver.orders").inputFiles()) == len(data_files(lake, "silver.orders"))
    assert (before, stood) == (all_rows(lake), positions(lake))

    for one in (lake, undisturbed):
        one.land("bronze.shop__orders", ORDERS, f"21,1,2,new,{TEN}", f"11,3,1,new,{TEN}", name="later.csv")
        one.run("r3", DAY)
    assert all_rows(undisturbed) == all_rows(lake)


@pytest.mark.extra
def test_old_commits_are_deleted_from_the_log_of_a_table_without_news(begun_lake: SmallLake):
    """Delta itself seldom deletes them, and they name keys of erased people."""
    lake = begun_lake
    before, stood = all_rows(lake), positions(lake)
    logs = {table: Path(lake.location(table), "_delta_log") for table in ("silver.orders", "silver.customers")}
    for table, days in (("silver.orders", LOG_DAYS + 2), ("silver.customers", LOG_DAYS - 2)):
        then = time.time() - days * 24 * 3600
        for file in logs[table].iterdir():
            os.utime(file, (then, then))
    commits = {table: sorted(log.glob("*.json")) for table, log in logs.items()}

    lake.upkeep("u1", tables=tuple(logs))

    there = {table: sorted(log.glob("*.json")) for table, log in logs.items()}
    assert set(commits["silver.orders"]).isdisjoint(there["silver.orders"])
    assert set(commits["silver.customers"]) < set(there["silver.customers"])
    assert (before, stood) == (all_rows(lake), positions(lake))
    last = json.loads(Path(logs["silver.orders"], "_last_checkpoint").read_text())["version"]
    assert DeltaLog(lake.spark, lake.location("silver.orders")).version == last
    lake.land("bronze.shop__orders", ORDERS, f"21,1,2,new,{TEN}")
    done = lake.run("r2", (Step.INGEST, Step.REFINE), ("bronze.shop__orders", "silver.orders")).outcomes
    assert Status.SUCCEEDED is done["silver.orders"].status


def test_old_files_are_removed_by_several_tasks_at_once(spark, tmp_path):
    """By itself Delta removes one after another, on the driver."""
    table = Written(spark, str(tmp_path / "things"))
    table.append((1, "a"))
    table.commit(overwriting((2, "b")))
    session = batch_session(spark)
    spark.sparkContext.setJobGroup("removal", "files are removed")
    try:
        assert 1 == remove_old_files(session, table.location)
        tracker = spark.sparkContext.statusTracker()
        jobs = [tracker.getJobInfo(number) for number in tracker.getJobIdsForGroup("removal")]
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    stages = [tracker.getStageInfo(number) for job in jobs for number in job.stageIds]
    assert DELETING_TASKS in {stage.numTasks for stage in stages if stage}
    assert [(2, "b")] == table.rows()


@pytest.mark.long
def test_half_committed_batch_keeps_the_version_it_needs_and_its_run_goes_on(begun_lake: SmallLake, monkeypatch):
    """A VACUUM would remove the version of the quarantine from which the batch is decided again."""
    lake = begun_lake
    undisturbed = lake.branched()
    undisturbed.run("r2", DAY)
    lake.run("r2", (Step.INGEST,))
    with monkeypatch.context() as patch:
        reaper = Reaper()
        reaper.watch(patch)
        patch.setattr(reaper, "seen", _All(f"commit {lake.location('silver.orders')}"))
        with pytest.raises(KilledError):
            lake.run("r2", (Step.REFINE,), ("silver.orders",))
    let_leases_run_out()

    monkeypatch.setattr(flow, "HISTORY_DAYS", 0)
    done = lake.upkeep("u1").outcomes["silver.orders"]
    assert "old files stay, since its last batch is half-committed" in done.reason
    lake.run("r2", DAY)
    assert all_rows(undisturbed) == all_rows(lake)


class _All(list):
    """Claims to have every point but one, so that a run dies at that one only."""

    def __init__(self, but):
        super().__init__()
        self.but = but

    def __contains__(self, point):
        return point != self.but
