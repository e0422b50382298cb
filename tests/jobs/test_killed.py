"""A run that dies anywhere and is run again leaves what an undisturbed run leaves: nothing lost, nothing twice."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from jobs.main import run
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from shared.jobs import RUN_STEPS, Status, Step
from tests.support.killing import KilledError, Reaper
from tests.support.served_account import served_account
from tests.support.small_contracts import CUSTOMERS as PROPERTIES
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract
from tests.support.small_driver import CONTRACTS
from tests.support.small_lake import SmallLake, let_leases_run_out

TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
CUSTOMERS, ORDERS, STOCK = (
    "customer_id,name,changed_at",
    "order_id,customer_id,amount_eur,state,changed_at",
    "product,pieces",
)
# What may differ between two runs of the same work.
ITS_OWN = ("_ingested_at", "_run_id", "run_id", "quarantined_at")
# What lies beside the tables and commits before them.
COMPANIONS = ("quarantine", "tombstones", "events")
# The customers once more, each with its versions.
NAMES = contract("silver.names", PROPERTIES, KEY_AND_SEQUENCE | {"storedAsScdType": "2"})


def begun(lake: SmallLake) -> SmallLake:
    """Some tables are there; the next run makes the others, and inserts, updates, deletes and refuses rows."""
    lake.files["silver.names"] = NAMES
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"10,1,5,new,{TEN}", f"11,9,1,new,{TEN}", f"12,2,1,new,{TEN}", "13")
    lake.land("bronze.shop__stock", STOCK, "a,1", "b,2", "c,3")
    lake.run("r1", (Step.INGEST, Step.REFINE))
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Anna,{ELEVEN}", f"2,Bo,{TEN}", f"3,Cy,{TEN}", "4,Di,never", "5")
    changed = [f"10,1,6,paid,{ELEVEN}", f"14,3,5000,new,{TEN}", f"15,7,1,new,{TEN}", "16"]
    deleted = [f"12,,,deleted,{ELEVEN}", f"17,,,deleted,{TEN}"]
    lake.land("bronze.shop__orders", ORDERS, *changed, *deleted)
    lake.land("bronze.shop__stock", STOCK, "a,10", "b,two", "d,4")
    return lake


def rows(location: str) -> list[tuple[Any, ...]]:
    """A table's rows without what is its run's own, read without Spark."""
    table = DeltaTable(location).to_pyarrow_table()
    kept = table.select([n for n in table.column_names if n not in ITS_OWN])
    assert kept.num_rows or table.num_rows == 0
    return sorted(duckdb.from_arrow(kept).fetchall(), key=str)


def left_behind(lake: SmallLake) -> dict[str, Any]:
    """The rows of every table and of what lies beside it, and the versions of the tables."""
    versions = lake.versions()
    tables = {place: version for place, version in versions.items() if not place.startswith(COMPANIONS)}
    return {place: rows(f"{lake.lake_root}/{place}") for place in versions} | {"versions": tables}


def page(lake: SmallLake) -> dict[str, Any]:
    """What the ledger says of the run, without its times."""
    record = lake.record("r2").model_dump(mode="json", exclude={"finished_at"})
    return record | {"outcomes": [o | {"seconds": 0} for o in record["outcomes"]]}


def run_and_die(lake: SmallLake, reaper: Reaper) -> int:
    """Run every step of the day, each time it dies anew; how often it died."""
    attempts: dict[Step, str] = {}
    deaths = 0
    for step in RUN_STEPS:
        while step not in attempts:
            job = lake.job(step, "r2", earlier=dict(attempts))
            reaper.begin()
            try:
                run(["--job", job.model_dump_json()], lake.spark, lake.catalog)
                attempts[step] = job.attempt
            except KilledError:
                deaths += 1
                let_leases_run_out()
    return deaths


def test_a_run_that_dies_before_every_write_ends_as_if_it_had_not(small_lake, monkeypatch):
    lake = begun(small_lake)
    undisturbed = lake.branched()
    ran = undisturbed.run("r2")
    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}

    reaper = Reaper()
    reaper.watch(monkeypatch)
    assert run_and_die(lake, reaper) == len(reaper.seen)
    assert {"commit", "ensure_table", "stage", "write_text"} == {point.split()[0] for point in reaper.seen}
    # Eight tables, four quarantines, tombstones, events and the files of four steps at the least.
    assert len(reaper.seen) >= 8 * 3 + 4 + 2 + 2 + 4 * 2
    assert page(undisturbed) == page(lake)
    assert left_behind(undisturbed) == left_behind(lake)


@pytest.fixture
def server(monkeypatch):
    """An account that other processes reach."""
    with served_account(monkeypatch) as settings:
        yield settings


def kill_once_there(file: Path, driver: SparkDriver) -> threading.Thread:
    """End the driver's process group by SIGKILL as soon as a file appears."""

    def kill():
        pause = threading.Event()
        for _ in range(60_000):
            if file.exists():
                os.killpg(driver._process.pid, signal.SIGKILL)
                return
            pause.wait(0.005)

    killer = threading.Thread(target=kill)
    killer.start()
    return killer


@pytest.mark.slow
def test_a_driver_killed_between_quarantine_and_target_is_made_good_by_the_next(tmp_path, spark, server):
    """A real process, a real SIGKILL: files half written, a lease nobody gives back."""
    lake = begun(SmallLake(tmp_path, spark))
    undisturbed = lake.branched()
    undisturbed.run("r2", (Step.INGEST, Step.REFINE))
    lake.run("r2", (Step.INGEST,))

    environment = server | {CONTRACTS: str(lake.contracts())}
    command = (sys.executable, "-m", "tests.support.small_driver")
    settings = DriverSettings(
        logs=tmp_path / "logs", jars=jar_paths(), confs=LOCAL_CONFS, environment=environment, command=command
    )

    def refine(driver):
        job = lake.job(Step.REFINE, "r2")
        return driver.run(JobRun(job.attempt, "refine", "app", "main.py", ["--job", job.model_dump_json()])).exit_code

    driver = SparkDriver(settings)
    try:
        driver.ready()
        killer = kill_once_there(
            Path(lake.quarantine_location("silver.orders"), "_delta_log", f"{2:020d}.json"), driver
        )
        assert 137 == refine(driver)
        killer.join()
        assert left_behind(undisturbed) != left_behind(lake)
        let_leases_run_out()
        assert 0 == refine(driver)
    finally:
        driver.stop()
    assert left_behind(undisturbed) == left_behind(lake)
