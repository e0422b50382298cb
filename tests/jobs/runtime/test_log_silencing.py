"""An exception of Spark that quotes a personal value is withheld everywhere, also in Spark's own log."""

import json
import sys
from pathlib import Path

import pytest

from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from shared.jobs import Step
from tests.jobs.test_erase import PERSONAL, files_that_tell
from tests.support.served_account import served_account
from tests.support.small_driver import CONTRACTS
from tests.support.small_lake import SmallLake

pytestmark = [pytest.mark.slow, pytest.mark.extra]

MARK = "Kanarienvogel"
RAISING = PERSONAL["silver.customers"].replace(
    "transformLogic: trim(name)", "transformLogic: \"if(name LIKE 'K%', raise_error(name), name)\""
)


def test_an_error_of_spark_that_quotes_a_row_reaches_neither_outcome_nor_log(tmp_path, spark, monkeypatch):
    """In a process of its own, since the JVM writes its log without Python."""
    lake = SmallLake(tmp_path, spark)
    lake.files = PERSONAL | {"silver.customers": RAISING}
    lake.only("bronze.shop__customers", "silver.customers")
    lake.land("bronze.shop__customers", "customer_id,name,changed_at", f"1,{MARK},2026-01-01 10:00:00")
    with served_account(monkeypatch) as environment:
        settings = DriverSettings(
            logs=tmp_path / "logs",
            jars=jar_paths(),
            confs=LOCAL_CONFS,
            environment=environment | {CONTRACTS: str(lake.contracts())},
            command=(sys.executable, "-m", "tests.support.small_driver"),
        )
        with SparkDriver(settings) as driver:
            for step in (Step.INGEST, Step.REFINE):
                job = lake.job(step)
                arguments = ["--job", job.model_dump_json()]
                assert 0 == driver.run(JobRun(job.attempt, step, "app", "main.py", arguments)).exit_code
    [outcomes] = Path(lake.lake_root, "runs", "r1", "refine").glob("*.outcomes.json")
    [failed] = json.loads(outcomes.read_text())

    assert ("failed", "withheld") == (
        failed["status"],
        "withheld" if "withheld" in failed["failure"]["message"] else "",
    )
    assert "USER_RAISED_EXCEPTION" in failed["failure"]["message"]
    assert [] == [f for f in files_that_tell(lake, MARK) if not f.startswith("pii/")]
    assert [] == [str(f) for f in (tmp_path / "logs").iterdir() if MARK.encode() in f.read_bytes()]
