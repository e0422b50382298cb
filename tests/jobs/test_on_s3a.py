"""The engine on S3: the same tables in buckets, reached by S3A, where only the lease keeps two drivers apart.

A real server of S3 and DynamoDB, and two real drivers. S3 gives Delta no atomic commit between drivers, so one that
wrote without the lease would write over what the other had committed. Each step is held to the rights of its role.
"""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import boto3
import pytest

from jobs.runtime.files import read_text
from shared.erasure import ErasureRecord, erasure_location, erasure_request_location
from shared.jobs import Status, Step
from shared.ledger import RunRecord
from shared.names import Machine, TableName, quarantine_location, run_location
from shared.reconciliation import Verdict
from shared.smoke import PointStatus, SmokeReport, smoke_location
from tests.jobs.test_erase import PERSONAL, TOKENIZED
from tests.support import served
from tests.support.bucket_lake import LAKE, PII, BucketLake, drivers_of, keys
from tests.support.cloud import synthesize
from tests.support.gate import Gate
from tests.support.policies import step_roles
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract
from tests.support.small_lake import SmallLake

pytestmark = [pytest.mark.slow, pytest.mark.long]

ORDERS = "silver.orders"
# What the two drivers work on, and with what else the steps meet personal data.
TABLES = ("bronze.shop__orders", "silver.orders", "gold.totals")
PERSONS = ("bronze.shop__customers", "silver.customers", "gold.known")
HEADER, CUSTOMERS = "order_id,customer_id,amount_eur,state,changed_at", "customer_id,name,changed_at"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
HOUR = 3600
STEPS = (Step.INGEST, Step.REFINE, Step.BUILD)
LAYERS = ("bronze", "silver", "gold", "quarantine", "tombstones")
TOTALS = """\
SELECT o.customer_id, concat('C', o.customer_id) AS name, COUNT(*) AS orders, SUM(o.amount_eur) AS amount_eur
FROM   silver.orders AS o
GROUP BY o.customer_id
"""
KNOWN = """\
      - {name: customer_id, logicalType: string, physicalType: string, primaryKey: true, description: Number.}
      - {name: changes, logicalType: integer, physicalType: bigint, required: true, description: Changes.}
"""
SERVED = 'servers:\n  - {server: api, type: api, location: "/known/{customer_id}"}\n'
KNOWN_SQL = "SELECT customer_id, COUNT(*) AS changes FROM bronze.shop__customers GROUP BY customer_id\n"


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
    jobs = SmallLake(tmp_path_factory.mktemp("s3a"), None, dict(PERSONAL))
    custom = KEY_AND_SEQUENCE | {"subject": "customer_id", "storedAsScdType": "2"}
    jobs.files["silver.customers"] = contract("silver.customers", TOKENIZED, custom)
    known = contract("gold.known", KNOWN, {"writeDisposition": "refresh"})
    jobs.files["gold.known"] = known.replace("schema:\n", f"{SERVED}schema:\n")
    jobs.files["gold.known.sql"], jobs.files["gold.totals.sql"] = KNOWN_SQL, TOTALS
    jobs.files["gold.totals"] += "      - {property: refreshBy, value: [customer_id]}\n"
    jobs.only(*TABLES, *PERSONS)
    jobs.amend("silver.orders", "        relationships: [{to: customers.customer_id}]\n", "")
    prod = synthesize("prod", tmp_path_factory.mktemp("cloud") / "out", catalog=jobs.catalog)
    return BucketLake(jobs, Gate(step_roles(prod)))


@pytest.fixture(scope="module")
def drivers(lake, tmp_path_factory):
    with drivers_of(lake, tmp_path_factory.mktemp("logs"), 2) as made:
        yield made


def land(lake, *orders):
    lake.land("shop__orders", HEADER, *orders)


def run(lake, driver, step, run_id, clock_ahead=0):
    """Run one step of the orders' tables, and give what it left of the one it makes."""
    [outcome] = lake.outcomes(driver, lake.job(step, run_id, tables=TABLES), clock_ahead).values()
    return outcome


def known_after(lake, driver, run_id, *steps, **changes):
    """The rows of gold after some steps of the persons' tables have succeeded."""
    for step in steps:
        outcomes = lake.outcomes(driver, lake.job(step, run_id, tables=PERSONS, **changes))
        assert {} == {name: o.failure for name, o in outcomes.items() if o.failure}
    return lake.rows("gold.known")


def assert_lost(outcome):
    assert ("LeaseHeldError", True) == (outcome.failure.error, outcome.failure.retryable)


def test_the_engine_works_in_a_bucket_and_two_drivers_write_nothing_twice(lake, drivers):
    one, two = drivers
    land(lake, f"1,7,5,new,{TEN}", f"2,7,-1,new,{TEN}", f"3,8,2,new,{TEN}")
    books = [run(lake, one, step, "r1") for step in STEPS]
    assert [(3, 3, 0), (3, 2, 1), (2, 2, 0)] == [(b.read, b.inserted, b.quarantined) for b in books]

    # Both at once, on one table: an update, a delete, an insert and a refused row.
    land(lake, f"1,7,6,paid,{ELEVEN}", f"3,,,deleted,{ELEVEN}", f"4,8,-3,new,{TEN}", f"5,9,1,new,{TEN}")
    run(lake, one, Step.INGEST, "r2")
    before = lake.version(ORDERS)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda driver: run(lake, driver, Step.REFINE, "r2"), drivers))
    [done, *same] = [outcome for outcome in both if outcome.failure is None]
    assert [done] * len(same) == same
    for outcome in both:
        if outcome.failure:
            assert_lost(outcome)
    assert (4, 1, 1, 1, 1) == (done.read, done.inserted, done.updated, done.deleted, done.quarantined)
    assert before + 1 == lake.version(ORDERS)
    assert Status.SUCCEEDED is run(lake, one, Step.BUILD, "r2").status
    assert [(1, 7, Decimal("6.00"), "paid"), (5, 9, Decimal("1.00"), "new")] == lake.rows("silver.orders")
    assert [(7, "C7", 1, Decimal("6.00")), (9, "C9", 1, Decimal("1.00"))] == lake.rows("gold.totals")

    # Nothing new: no table changes, to the object.
    lying = {layer: keys(f"{LAKE}/{layer}/") for layer in LAYERS}
    assert [Status.UNCHANGED] * 3 == [run(lake, one, step, "r3").status for step in STEPS]
    assert lying == {layer: keys(f"{LAKE}/{layer}/") for layer in LAYERS}

    # A driver stalls between quarantine and target. The clock of the other is ahead, so that the lease of the first
    # seems long expired. (For a clock that is behind see test_lease.)
    land(lake, f"6,7,1,new,{TEN}", f"7,7,-1,new,{TEN}")
    run(lake, one, Step.INGEST, "r4")
    with stalled(
        one,
        f"{quarantine_location(LAKE, TableName.parse(ORDERS))}/_delta_log/",
        lambda: run(lake, one, Step.REFINE, "r4"),
    ) as lost:
        taken = run(lake, two, Step.REFINE, "r4", clock_ahead=HOUR)
    assert (2, 1, 1, None) == (taken.read, taken.inserted, taken.quarantined, taken.failure)
    assert_lost(lost.result())
    assert taken == run(lake, one, Step.REFINE, "r4")

    run(lake, two, Step.BUILD, "r4")
    orders = {1: (7, "6.00", "paid"), 5: (9, "1.00", "new"), 6: (7, "1.00", "new")}
    assert [(n, c, Decimal(eur), state) for n, (c, eur, state) in orders.items()] == lake.rows("silver.orders")
    totals = [(7, "C7", 2, "7.00"), (9, "C9", 1, "1.00")]
    assert [(*counted, Decimal(eur)) for *counted, eur in totals] == lake.rows("gold.totals")
    assert [(n, f'{{"order_id":{order}}}') for n, order in enumerate((2, 4, 7), 1)] == lake.refused(ORDERS)
    assert before + 2 == lake.version(ORDERS)


def test_each_step_does_its_work_under_its_own_role_and_under_no_other(lake, drivers):
    """Bronze is personal, silver a history with a vault, and gold counts what lies in bronze."""
    driver = drivers[0]
    lake.land("shop__customers", CUSTOMERS, f"1000001,Annabel,{TEN}", f"2,Bob,{TEN}", f"2,Bob,{TEN},9")
    earlier = {}
    for step in (*STEPS, Step.PUBLISH, Step.RECONCILE, Step.RECORD):
        job = lake.job(step, "w1", earlier=dict(earlier), tables=PERSONS)
        outcomes = lake.outcomes(driver, job)
        assert {} == {name: o.failure for name, o in outcomes.items() if o.failure}
        if step is Step.RECONCILE:
            assert [Verdict.GREEN] == [c.verdict for o in outcomes.values() for c in o.reconciled]
        earlier[step] = job.attempt
    assert [("1000001", 1), ("2", 1)] == lake.rows("gold.known")
    assert {"/known/1000001", "/known/2"} == set(served.rows())
    page = RunRecord.model_validate_json(read_text(run_location(LAKE, "w1")))
    assert set(PERSONS) <= {v.table for v in page.versions if v.version is not None}

    # Upkeep, and a rollback of what came after that run, which the next one reads again.
    lake.land("shop__customers", CUSTOMERS, f"2,Bobby,{ELEVEN}")
    later = [("1000001", 1), ("2", 2)]
    assert later == known_after(lake, driver, "w2", *STEPS)
    assert later == known_after(lake, driver, "u1", Step.MAINTAIN, machine=Machine.MAINTENANCE)
    back = {"machine": Machine.MAINTENANCE, "rollback": "w1"}
    assert [("1000001", 1), ("2", 1)] == known_after(lake, driver, "u2", Step.MAINTAIN, **back)
    assert later == known_after(lake, driver, "w3", *STEPS)

    request = erasure_request_location(PII, "e1").removeprefix(f"{PII}/")
    asked = json.dumps({"kind": "customer", "id": "1000001"})
    boto3.client("s3").put_object(Bucket="pii", Key=request, Body=asked.encode())
    tail = lake.submit(driver, lake.job(Step.ERASE, "e1"))
    record = ErasureRecord.model_validate_json(read_text(erasure_location(LAKE, "e1")) or tail)
    assert ((), True) == (record.left, record.finished_at is not None)
    assert {"/known/2": {"customer_id": "2", "changes": 2}} == served.rows()
    assert {"vault of silver.customers", "events of silver.customers"} <= {p.place for p in record.places}
    lake.land("shop__customers", CUSTOMERS, f"1000001,Annabel,{ELEVEN}")
    again = lake.outcomes(driver, lake.job(Step.INGEST, "w4", tables=PERSONS))["bronze.shop__customers"]
    assert (1, 1, 0) == (again.read, again.superseded, again.inserted)

    tail = lake.submit(driver, lake.job(Step.SMOKE, "s1"))
    points = SmokeReport.model_validate_json(read_text(smoke_location(LAKE, "s1")) or tail).points
    assert {} == {p.point: p.found for p in points if p.status is PointStatus.FAILED}
    assert set() == lake.gate.refused
    assert set(Step) == {step for step, _ in lake.gate.admitted}

    # The same work under the role of another step is refused, so the door is one.
    lake.submit(driver, lake.job(Step.REFINE, "w5", tables=PERSONS[:2]), role=Step.BUILD)
    assert {"build"} == {refused.partition(":")[0] for refused in lake.gate.refused}
