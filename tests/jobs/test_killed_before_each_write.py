"""A run that dies before each write, or by a real SIGKILL, is made good by the next: nothing lost, nothing twice."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from jobs.main import run
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.processes import descendants
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from scripts.running.pii_key import KEY_FILE
from scripts.setup import paths
from shared.erasure import ErasureRecord, ErasureRequest, erasure_location, erasure_request_location
from shared.jobs import RUN_STEPS, Job, Status, Step
from shared.names import pii_folder
from shared.step_tables import works_on
from tests.jobs.test_erase import files_that_tell
from tests.support import served
from tests.support.begun import CUSTOMERS, ORDERS, TEN
from tests.support.killing import KilledError, Reaper
from tests.support.served_account import served_account
from tests.support.small_driver import CONTRACTS
from tests.support.small_lake import PII_KEY, SmallLake, let_leases_run_out

# What may differ between two runs of the same work.
ITS_OWN = ("_ingested_at", "_run_id", "run_id", "quarantined_at")
# All but the stock: the other test, after each commit, has snapshots, as it has every kind of table.
WORKED_ON = ("+gold.totals", "silver.names")
# The companions, which commit before their tables.
COMPANIONS = ("quarantine", "tombstones", "events", "vault")


def rows(location: str, *without: str) -> list[tuple[Any, ...]]:
    """A table's rows without the columns that differ by run, nor some others; read without Spark."""
    table = DeltaTable(location).to_pyarrow_table()
    kept = table.select([n for n in table.column_names if n not in (*ITS_OWN, *without)])
    assert kept.num_rows or table.num_rows == 0
    return sorted(duckdb.from_arrow(kept).fetchall(), key=str)


def left_behind(lake: SmallLake) -> dict[str, Any]:
    """The rows of every table and companion, and the versions of the tables."""
    tables = {
        place: version
        for place, version in lake.versions().items()
        if not place.removeprefix("pii/").startswith(COMPANIONS)
    }
    return all_rows(lake) | {"versions": tables}


def all_rows(lake: SmallLake, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table and companion, without some columns."""
    return {place: rows(f"{lake.lake_root}/{place}", *without) for place in lake.versions()}


def page(lake: SmallLake) -> dict[str, Any]:
    """The ledger's page of the run, without its times and without the companions' versions.

    A table that the run made has an id of its own in each of two lakes.
    """
    record = lake.record("r2").model_dump(mode="json", exclude={"finished_at"})
    timeless = [
        o | {"seconds": 0, "reconciled": [c | {"span": ""} for c in o["reconciled"]]} for o in record["outcomes"]
    ]
    versions = [
        told | {"beside": sorted(told["beside"]), "table_id": bool(told["table_id"])} for told in record["versions"]
    ]
    return record | {"outcomes": timeless, "versions": versions}


def run_and_die(lake: SmallLake, reaper: Reaper) -> int:
    """Run every step of the day, table by table and then whole, again after each death; return how often it died."""
    attempts: dict[Step, str] = {}
    deaths = 0
    for step in RUN_STEPS:
        alone = [(str(t.name),) for t in lake.catalog.select(WORKED_ON) if works_on(step, t)]
        for tables in [*alone, WORKED_ON]:
            died = True
            while died:
                job = lake.job(step, "r2", earlier=dict(attempts), tables=tables)
                died = dies(lake, job, reaper)
                deaths += died
            attempts[step] = job.attempt
    return deaths


def dies(lake: SmallLake, job: Job, reaper: Reaper) -> bool:
    """Run a job until it ends or dies, and return whether it died."""
    reaper.begin()
    try:
        run(["--job", job.model_dump_json()], lake.spark, lake.catalog)
    except KilledError:
        let_leases_run_out()
        return True
    return False


@pytest.mark.long
def test_a_run_that_dies_before_every_write_ends_as_if_it_had_not(begun_lake, monkeypatch):
    lake = begun_lake
    undisturbed = lake.branched()
    ran = undisturbed.run("r2", RUN_STEPS, WORKED_ON)
    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    given_out = served.rows()
    served.forget()

    reaper = Reaper()
    reaper.watch(monkeypatch)
    assert run_and_die(lake, reaper) == len(reaper.seen)
    writers = {"commit", "ensure_table", "stage", "write_text", "begin", "send", "end"}
    assert writers == {point.split()[0] for point in reaper.seen}
    # Tables, quarantines, tombstones, events, two vaults, the publication and the files of five steps at the least.
    assert len(reaper.seen) >= 6 * 2 + 4 + 2 + 2 + 4 + 3 + 5 * 2
    assert page(undisturbed) == page(lake)
    assert left_behind(undisturbed) == left_behind(lake)
    assert served.expected(lake) == given_out == served.rows()


@pytest.fixture
def server(monkeypatch):
    """An AWS account that other processes can reach."""
    with served_account(monkeypatch) as settings:
        yield settings


def kill_once_there(found: Path, pattern: str, kill: Callable[[], None]) -> threading.Thread:
    """Start a thread that kills as soon as a folder has a new file that matches a pattern."""
    before = set(found.glob(pattern))

    def wait_and_kill():
        pause = threading.Event()
        for _ in range(60_000):
            if set(found.glob(pattern)) - before:
                kill()
                return
            pause.wait(0.005)

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    return killer


def request_of(lake: SmallLake, run_id: str, subject: str) -> Path:
    """Request an erasure, as its command does."""
    place = Path(erasure_request_location(pii_folder(lake.lake_root), run_id))
    place.parent.mkdir(parents=True)
    place.write_text(ErasureRequest.of_text(subject).model_dump_json())
    return place


@pytest.mark.slow
@pytest.mark.long
def test_a_driver_killed_anywhere_is_made_good_by_the_next(tmp_path, begun_before, server):
    """A real process, real SIGKILLs: partly written files, a lease that is not released.

    It dies while it writes bronze's files, between quarantine and target, and in the middle of an erasure.
    """
    lake, orders = begun_before.copied(tmp_path / "lakes"), ("+silver.orders",)
    lake.files["silver.customers"] += "      - {property: subject, value: customer_id}\n"
    undisturbed = lake.branched()
    undisturbed.run("r2", (Step.INGEST, Step.REFINE), tables=orders)

    environment = server | {CONTRACTS: str(lake.contracts())}
    command = (sys.executable, "-m", "tests.support.small_driver")
    settings = DriverSettings(
        logs=tmp_path / "logs", jars=jar_paths(), confs=LOCAL_CONFS, environment=environment, command=command
    )
    driver, root = SparkDriver(settings), Path(lake.lake_root)

    def run_once(step, run_id):
        job = lake.job(step, run_id, tables=orders)
        return driver.run(JobRun(job.attempt, step, "app", "main.py", ["--job", job.model_dump_json()])).exit_code

    def killed_and_run_again(step, run_id, place, pattern):
        driver.ready()
        killer = kill_once_there(root / place, pattern, lambda: os.killpg(driver._process.pid, signal.SIGKILL))
        assert 137 == run_once(step, run_id)
        killer.join()
        let_leases_run_out()
        assert 0 == run_once(step, run_id)

    try:
        killed_and_run_again(Step.INGEST, "r2", "bronze/shop__orders", "*.parquet")
        killed_and_run_again(Step.REFINE, "r2", "quarantine/silver/orders/_delta_log", "*.json")
        assert left_behind(undisturbed) == left_behind(lake)
        asked = request_of(lake, "e1", "customer=1")
        killed_and_run_again(Step.ERASE, "e1", "silver/orders/_delta_log", "*.json")
    finally:
        driver.stop()
    assert not asked.exists()
    assert () == ErasureRecord.model_validate_json(Path(erasure_location(lake.lake_root, "e1")).read_text()).left
    for table, buyer in (("silver/customers", 0), ("silver/orders", 1)):
        others = [row for row in rows(f"{undisturbed.lake_root}/{table}") if row[buyer] != 1]
        assert others == rows(f"{lake.lake_root}/{table}") != rows(f"{undisturbed.lake_root}/{table}")


def kill_tree(process: subprocess.Popen[str]) -> None:
    """End a process and all it has started by SIGKILL, wherever they are."""
    for pid in [process.pid, *descendants(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.usefixtures("leases")
def test_a_command_killed_in_the_midst_of_an_erasure_is_made_good_by_the_next(tmp_path, begun_before):
    """The command, its account, Spark and their leases are gone at once, and nothing is cleaned up."""
    lake, name = begun_before.copied(tmp_path / "lakes"), "Annabel Canary"
    lake.files["silver.customers"] += "      - {property: subject, value: customer_id}\n"
    lake.land("bronze.shop__customers", CUSTOMERS, f"1000001,{name},{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"20,1000001,5,new,{TEN}", f"21,1000001,-5,new,{TEN}")
    lake.run("r2", (Step.INGEST, Step.REFINE), tables=("+silver.orders",))
    undisturbed, root = lake.branched(), Path(lake.lake_root)
    (root / KEY_FILE).parent.mkdir()
    (root / KEY_FILE).write_text(PII_KEY)
    erase = [
        "-m",
        "tests.support.small_command",
        "erase",
        "--subject",
        "customer=1000001",
        "--json",
        "--root",
        str(root),
    ]
    how = {"cwd": paths.ROOT, "env": os.environ | {CONTRACTS: str(lake.contracts())}, "text": True}

    with subprocess.Popen([sys.executable, *erase], stdout=subprocess.PIPE, start_new_session=True, **how) as command:
        killer = kill_once_there(root / "silver/orders/_delta_log", "*.json", lambda: kill_tree(command))
        assert ("", None) == command.communicate(timeout=300)
        killer.join()
    [begun] = records(root)
    assert None is begun.finished_at
    assert [1] == [place.rows for place in begun.places if place.place == "vault of silver.customers"]
    assert [1] == [len(list(root.glob("pii/erasures/requests/*")))]
    assert files_that_tell(lake, name)
    again = subprocess.run([sys.executable, *erase], check=False, capture_output=True, timeout=300, **how)

    assert (0, "") == (again.returncode, again.stderr)
    [ended] = [record for record in records(root) if record.run_id != begun.run_id]
    assert ended.finished_at
    assert ended.complete_on
    assert () == ended.left
    assert begun.subject_hash == ended.subject_hash
    # What it had deleted before is in the record of the one that died.
    assert json.loads(again.stdout) == [place.model_dump() for place in ended.places]
    assert {place.place for place in ended.places} < {place.place for place in begun.places}
    assert [] == list(root.glob("pii/erasures/requests/*"))
    assert [] == files_that_tell(lake, name)
    for table, buyer in (("silver/customers", 0), ("silver/orders", 1)):
        others = [row for row in rows(f"{undisturbed.lake_root}/{table}") if row[buyer] != 1_000_001]
        assert others == rows(f"{root}/{table}") != rows(f"{undisturbed.lake_root}/{table}")


def records(root: Path) -> list[ErasureRecord]:
    """The records of erasures, finished or not."""
    return [ErasureRecord.model_validate_json(file.read_text()) for file in root.glob("erasures/*.json")]
