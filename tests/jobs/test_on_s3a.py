"""The engine on S3: the same tables in a bucket, reached by S3A, where only the lease keeps two drivers apart.

A real server of S3 and DynamoDB, and two real drivers. S3 gives Delta no atomic commit between drivers, so one that
wrote without the lease would write over what the other had committed.
"""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import boto3
import duckdb
import pytest
from deltalake import DeltaTable

from jobs.runtime.files import OUTCOMES, read_text
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from scripts.setup.jars import s3a_jars
from shared.jobs import Status, Step
from shared.names import TableName, outcomes_location, quarantine_location, table_location
from tests.support.served_account import served_account
from tests.support.small_driver import CLOCK_AHEAD, CONTRACTS, LEASE_SECONDS
from tests.support.small_lake import SmallLake

pytestmark = [pytest.mark.slow, pytest.mark.long]

BUCKET = "lake"
ROOT, LANDING = f"s3://{BUCKET}/tables", f"s3://{BUCKET}/landing"
ORDERS = TableName.parse("silver.orders")
TABLES = ("bronze.shop__orders", "silver.orders", "gold.totals")
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
HOUR = 3600
STEPS = (Step.INGEST, Step.REFINE, Step.BUILD)
LAYERS = ("bronze", "silver", "gold", "quarantine", "tombstones")
TOTALS = """\
SELECT o.customer_id, concat('C', o.customer_id) AS name, COUNT(*) AS orders, SUM(o.amount_eur) AS amount_eur
FROM   silver.orders AS o
GROUP BY o.customer_id
"""
S3A = {
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.change.detection.mode": "none",
    "spark.hadoop.fs.s3a.fast.upload.buffer": "bytebuffer",
    "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
}


class Lake:
    """A lake of orders in a bucket; what a step did is read back from there, and rows are read without Spark."""

    def __init__(self, jobs):
        self.jobs, self.landed = jobs, 0

    def land(self, *orders):
        self.landed += 1
        text = "\n".join(["order_id,customer_id,amount_eur,state,changed_at", *orders])
        key = f"landing/shop__orders/{self.landed}.csv"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())

    def run(self, driver, step, run_id, clock_ahead=0):
        """Run one step of all tables on a driver, and give what it left of its table."""
        places = {"lake_root": ROOT, "pii_root": f"{ROOT}/pii", "landing_root": LANDING}
        job = self.jobs.job(step, run_id, **places)
        variables = {CLOCK_AHEAD: str(clock_ahead)}
        given = ["--job", job.model_dump_json()]
        ended = driver.run(JobRun(job.attempt, step, "app", "main.py", given, variables))
        text = read_text(outcomes_location(ROOT, run_id, step, job.attempt))
        assert text, ended.tail
        [outcome] = OUTCOMES.validate_json(text)
        return outcome.model_copy(update={"seconds": 0})

    def rows(self, table):
        names = self.jobs.catalog.table(table).column_names
        return read(table_location(ROOT, TableName.parse(table)), *[n for n in names if n != "changed_at"])

    def refused(self):
        return read(quarantine_location(ROOT, ORDERS), "batch", "row_key")

    def version(self):
        return DeltaTable(table_location(ROOT, ORDERS)).version()


def read(location, *names):
    table = DeltaTable(location).to_pyarrow_table(columns=list(names))
    return sorted(duckdb.from_arrow(table).fetchall(), key=str)


def keys(location):
    """The objects below a place."""
    prefix = location.removeprefix(f"s3://{BUCKET}/")
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {item["Key"] for page in pages for item in page.get("Contents", ())}


@contextmanager
def stalled(driver, place, work):
    """Begin some work on a driver, and stop its whole process group as soon as something new lies at a place.

    When the block ends the driver goes on, as after a long pause of its machine; gives what came of its work.
    """
    before, pause = keys(place), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        while keys(place) == before and not running.done():
            pause.wait(0.01)
        os.killpg(driver._process.pid, signal.SIGSTOP)
        try:
            assert not running.done()
            yield running
        finally:
            os.killpg(driver._process.pid, signal.SIGCONT)
            running.result(120)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = SmallLake(tmp_path_factory.mktemp("s3a"), None)
    lake.only(*TABLES)
    lake.amend("silver.orders", "        relationships: [{to: customers.customer_id}]\n", "")
    lake.files["gold.totals.sql"] = TOTALS
    lake.files["gold.totals"] += "      - {property: refreshBy, value: [customer_id]}\n"
    return Lake(lake)


@pytest.fixture(scope="module")
def drivers(lake, tmp_path_factory):
    """Two drivers in the account, whose leases last for six seconds."""
    with pytest.MonkeyPatch.context() as patch, served_account(patch) as account:
        patch.setenv("AWS_ALLOW_HTTP", "true")
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        keys = {"access.key": account["AWS_ACCESS_KEY_ID"], "secret.key": account["AWS_SECRET_ACCESS_KEY"]}
        places = {"endpoint": account["AWS_ENDPOINT_URL"], **keys}
        settings = {
            "jars": [*jar_paths(), *s3a_jars()],
            "confs": LOCAL_CONFS | S3A | {f"spark.hadoop.fs.s3a.{name}": value for name, value in places.items()},
            "environment": account | {CONTRACTS: str(lake.jobs.contracts()), LEASE_SECONDS: "6"},
            "command": (sys.executable, "-m", "tests.support.small_driver"),
        }
        made = [SparkDriver(DriverSettings(logs=tmp_path_factory.mktemp("logs"), **settings)) for _ in range(2)]
        try:
            for driver in made:
                driver.start()
            yield made
        finally:
            for driver in made:
                driver.stop()


def assert_lost(outcome):
    assert ("LeaseHeldError", True) == (outcome.failure.error, outcome.failure.retryable)


def test_the_engine_works_in_a_bucket_and_two_drivers_write_nothing_twice(lake, drivers):
    one, two = drivers
    lake.land(f"1,7,5,new,{TEN}", f"2,7,-1,new,{TEN}", f"3,8,2,new,{TEN}")
    books = [lake.run(one, step, "r1") for step in STEPS]
    assert [(3, 3, 0), (3, 2, 1), (2, 2, 0)] == [(b.read, b.inserted, b.quarantined) for b in books]

    # Both at once, on one table: an update, a delete, an insert and a refused row.
    lake.land(f"1,7,6,paid,{ELEVEN}", f"3,,,deleted,{ELEVEN}", f"4,8,-3,new,{TEN}", f"5,9,1,new,{TEN}")
    lake.run(one, Step.INGEST, "r2")
    before = lake.version()
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda driver: lake.run(driver, Step.REFINE, "r2"), drivers))
    [done, *same] = [outcome for outcome in both if outcome.failure is None]
    assert [done] * len(same) == same
    for outcome in both:
        if outcome.failure:
            assert_lost(outcome)
    assert (4, 1, 1, 1, 1) == (done.read, done.inserted, done.updated, done.deleted, done.quarantined)
    assert before + 1 == lake.version()
    assert Status.SUCCEEDED is lake.run(one, Step.BUILD, "r2").status
    assert [(1, 7, Decimal("6.00"), "paid"), (5, 9, Decimal("1.00"), "new")] == lake.rows("silver.orders")
    assert [(7, "C7", 1, Decimal("6.00")), (9, "C9", 1, Decimal("1.00"))] == lake.rows("gold.totals")

    # Nothing new: no table changes, to the object.
    lying = {layer: keys(f"{ROOT}/{layer}/") for layer in LAYERS}
    assert [Status.UNCHANGED] * 3 == [lake.run(one, step, "r3").status for step in STEPS]
    assert lying == {layer: keys(f"{ROOT}/{layer}/") for layer in LAYERS}

    # A driver stalls between quarantine and target. The clock of the other has jumped ahead, so that the lease of the
    # first seems long over. (A clock that goes behind: test_lease.)
    lake.land(f"6,7,1,new,{TEN}", f"7,7,-1,new,{TEN}")
    lake.run(one, Step.INGEST, "r4")
    with stalled(
        one, f"{quarantine_location(ROOT, ORDERS)}/_delta_log/", lambda: lake.run(one, Step.REFINE, "r4")
    ) as lost:
        taken = lake.run(two, Step.REFINE, "r4", clock_ahead=HOUR)
    assert (2, 1, 1, None) == (taken.read, taken.inserted, taken.quarantined, taken.failure)
    assert_lost(lost.result())
    assert taken == lake.run(one, Step.REFINE, "r4")

    lake.run(two, Step.BUILD, "r4")
    orders = {1: (7, "6.00", "paid"), 5: (9, "1.00", "new"), 6: (7, "1.00", "new")}
    assert [(n, c, Decimal(eur), state) for n, (c, eur, state) in orders.items()] == lake.rows("silver.orders")
    totals = [(7, "C7", 2, "7.00"), (9, "C9", 1, "1.00")]
    assert [(*counted, Decimal(eur)) for *counted, eur in totals] == lake.rows("gold.totals")
    assert [(n, f'{{"order_id":{order}}}') for n, order in enumerate((2, 4, 7), 1)] == lake.refused()
    assert before + 2 == lake.version()
