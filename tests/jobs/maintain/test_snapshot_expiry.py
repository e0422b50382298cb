"""Landed snapshots expire once they are old, superseded by a newer one, and read by the tables refined from them."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from delta.tables import DeltaTable

from shared.jobs import Status, Step
from tests.support.small_lake import lease_account

pytestmark = pytest.mark.extra

BRONZE, SILVER = "bronze.shop__stock", "silver.stock"
BOTH = (Step.INGEST, Step.REFINE)
HEADER = "product,pieces"


@pytest.fixture(scope="module")
def three_snapshots(module_lake):
    """Three snapshots, of which silver has read two; those have a line that is none."""
    lake = module_lake
    lake.only(BRONZE, SILVER)
    lake.files[BRONZE] += "      - {property: snapshotRetention, value: 30 days}\n"
    with lease_account():
        for run, steps, rows in (
            ("r1", BOTH, ["a,1", "b,2", "x,1,1"]),
            ("r2", BOTH, ["a,2", "b,2", "x,2,2"]),
            ("r3", (Step.INGEST,), ["a,3"]),
        ):
            lake.land(BRONZE, HEADER, *rows)
            lake.run(run, (*steps, Step.RECORD))
    return lake


@pytest.fixture
def lake(three_snapshots, tmp_path, leases):
    """A copy of it."""
    return three_snapshots.copied(tmp_path)


def age(lake, landed, *, batch=None):
    """Let the rows of a batch, or all rows, have landed and have been refused at some moment."""
    for place, stamp, column in (
        (lake.location(BRONZE), "_ingested_at", "_sequence"),
        (lake.quarantine_location(BRONZE), "quarantined_at", "batch"),
    ):
        where = f"{column} = {batch}" if batch else "true"
        DeltaTable.forPath(lake.spark, place).update(where, {stamp: f"TIMESTAMP'{landed}'"})


def upkeep(lake, run):
    today = datetime.now(UTC).date()
    made = lake.run(run, (Step.MAINTAIN,), (BRONZE, SILVER), business_date=today, machine="maintenance")
    return made.outcomes[BRONZE]


def batches(lake):
    """The batches of which rows are landed, and those of which rows are refused."""
    landed = lake.frame(BRONZE).select("_sequence").distinct().collect()
    return sorted(row[0] for row in landed), sorted(row[0] for row in lake.refused(BRONZE))


def test_a_snapshot_that_is_old_goes_once_a_newer_one_was_read_and_takes_its_refused_lines_along(lake):
    age(lake, "2020-01-01")
    assert "3 rows" == upkeep(lake, "u1").reason[:6]
    # Silver has read the second alone, and a replay would read it again.
    assert ([2, 3], [2]) == batches(lake)

    lake.run("r4", (Step.REFINE,))
    assert [("a", 3)] == lake.rows(SILVER)
    assert "3 rows" == upkeep(lake, "u2").reason[:6]
    # However old it is: it is what the source has.
    assert ([3], []) == batches(lake)
    assert Status.UNCHANGED is lake.run("r5", BOTH).outcomes[SILVER].status

    lake.land(BRONZE, HEADER, "a,4", "c,1")
    lake.run("r6", BOTH)
    assert [("a", 4), ("c", 1)] == lake.rows(SILVER)
    assert "1 rows" == upkeep(lake, "u3").reason[:6]
    assert ([4], []) == batches(lake)


def test_a_snapshot_that_is_not_old_stays(lake):
    lake.run("r4", (Step.REFINE,))
    age(lake, "2020-01-01", batch=2)

    upkeep(lake, "u1")

    assert ([1, 3], [1]) == batches(lake)


def test_after_a_rollback_the_snapshot_that_it_went_back_to_stays(lake):
    lake.upkeep("back", rollback="r2", tables=(BRONZE,))
    age(lake, "2020-01-01")

    upkeep(lake, "u1")

    assert ([2], [2]) == batches(lake)


def test_table_without_a_batch_is_left(lake):
    """The first run died once it had created the table."""
    shutil.rmtree(lake.quarantine_location(BRONZE))
    log = Path(lake.location(BRONZE), "_delta_log")
    for file in log.glob("*.*"):
        if f"{0:020}" not in file.name:
            file.unlink()

    left = upkeep(lake, "u1")

    assert (Status.UNCHANGED, None) == (left.status, left.failure)
