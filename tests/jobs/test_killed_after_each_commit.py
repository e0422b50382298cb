"""A copy of the lake, made after each commit of a run, is recovered by the next run: nothing is lost, nothing twice.

The points are found, not listed: each commit of each flow of the lake's catalog, and each file of the ledger.
"""

import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from jobs.main import run
from jobs.refine import flow as refine_flow
from jobs.runtime import lease
from jobs.runtime.files import OUTCOMES
from shared.contracts.compile import DISPOSITIONS
from shared.jobs import Replay, Status, Step
from shared.names import outcomes_location, pii_folder
from tests.jobs.test_killed_before_each_write import rows
from tests.support.begun import CUSTOMERS, TEN, TOKEN
from tests.support.images import Photographer, developed

CHANGED_AT = "      - {name: changed_at"
NICK = (
    "      - {name: nick, logicalType: string, physicalType: string, transformLogic: name, description: Name."
    f"{TOKEN}\n"
)

pytestmark = [pytest.mark.slow, pytest.mark.long]


def outcomes(lake, job):
    """The outcome of each table of a job, without its times."""
    location = outcomes_location(lake.lake_root, job.run_id, job.step, job.attempt)
    found = OUTCOMES.validate_json(Path(location).read_bytes())
    return {o.table: o.model_copy(update={"seconds": 0}) for o in found}


def everything_of(lake, tables):
    """The rows of tables, and of their companions."""
    ends = tuple(table.replace(".", "/") for table in tables)
    return {place: rows(f"{lake.lake_root}/{place}") for place in lake.versions() if place.endswith(ends)}


def page(lake, run_id):
    record = lake.record(run_id).model_dump(mode="json", exclude={"finished_at"})
    return record | {"outcomes": [o | {"seconds": 0} for o in record["outcomes"]]}


def run_watched(lake, run_id, **how):
    """Run a day, and return an image of the lake after each commit."""
    with pytest.MonkeyPatch.context() as patch:
        photographer = Photographer(lake)
        photographer.watch(patch)
        ran = lake.run(run_id, **how)
    assert {Status.FAILED, Status.SKIPPED}.isdisjoint(o.status for o in ran.outcomes.values())
    # Every commit has an image of its own; two in one would mean a writer that is not watched.
    crowded = [image.new for image in photographer.images if len(image.commits) > 1]
    assert [] == crowded
    return photographer.images


def recover(lake, image):
    """Run the work of an image again on it, and return what is wrong with the outcome, if anything."""
    twin = developed(image, lake)
    again = image.job.model_copy(
        update={
            "lake_root": twin.lake_root,
            "pii_root": pii_folder(twin.lake_root),
            "attempt": f"again{image.job.attempt}",
            "tables": (image.table,) if image.table else image.job.tables,
        }
    )
    run(["--job", again.model_dump_json()], twin.spark, twin.catalog)
    undisturbed, recovered, wrong = outcomes(lake, image.job), outcomes(twin, again), []
    if everything_of(lake, recovered) != everything_of(twin, recovered):
        wrong.append("rows")
    if {table: undisturbed[table] for table in recovered} != recovered:
        wrong.append("outcomes")
    if image.job.step is Step.RECORD and page(lake, again.run_id) != page(twin, again.run_id):
        wrong.append("ledger")
    return wrong


def points(images):
    return {f"{image.job.step} {image.table}" for image in images if image.table}


def test_a_run_killed_after_any_commit_is_made_good_by_the_next(begun_lake):
    lake = begun_lake
    kinds = {(table.kind, table.disposition) for table in lake.catalog.tables.values()}
    assert {(kind, disposition) for kind, known in DISPOSITIONS.items() for disposition in known} == kinds

    days = [(lake.catalog, run_watched(lake, "r2"))]
    assert {str(t.name) for t in lake.catalog.tables.values()} <= {image.table for image in days[0][1]}
    assert [] == [(image.new, wrong) for image in days[0][1] if (wrong := recover(lake, image))]

    # A late customer releases an order from the quarantine, and a replay the others.
    lake.amend("silver.customers", "transformLogic: trim(name)", "transformLogic: upper(trim(name))")
    lake.land("bronze.shop__customers", CUSTOMERS, f"7,Zoe,{TEN}", f"9,Kim,{TEN}")
    replay = Replay(table="silver.customers")
    images = run_watched(lake, "r3", replay=replay)
    assert {"refine silver.orders", "refine silver.customers", "build gold.totals"} <= points(images)
    of_tables = [image for image in images if image.table]
    assert [] == [(image.new, wrong) for image in of_tables if (wrong := recover(lake, image))]

    # Contracts change: another column, a wider type, and a table that is rebuilt from bronze.
    lake.amend("silver.stock", "physicalType: int,", "physicalType: bigint,")
    lake.amend("silver.customers", CHANGED_AT, NICK + CHANGED_AT)
    lake.amend("silver.orders", "version: 1.0.0", "version: 2.0.0")
    lake.amend("silver.orders", "amount_eur < 0", "amount_eur > 4000")
    images = run_watched(lake, "r4")
    assert {"refine silver.stock", "refine silver.customers", "refine silver.orders"} <= points(images)
    of_tables = [image for image in images if image.table]
    assert [] == [(image.new, wrong) for image in of_tables if (wrong := recover(lake, image))]


def test_a_step_that_is_tried_again_while_its_first_try_still_runs_writes_nothing_twice(begun_lake, monkeypatch):
    """Two drivers on one table: the second fails on the lease, to be retried; the first commits as if alone."""
    lake = begun_lake
    lake.run("r2", (Step.INGEST,), tables=("+silver.orders",))
    undisturbed = lake.branched()
    undisturbed.run("r2", (Step.REFINE,), tables=("silver.orders",))
    first, second, third = (lake.job(Step.REFINE, "r2", tables=("silver.orders",)) for _ in range(3))
    arrived, go_on = threading.Event(), threading.Event()
    land = refine_flow.land

    def stalled(*args, **kwargs):
        arrived.set()
        go_on.wait(120)
        return land(*args, **kwargs)

    # The wait for the lease of a live driver is skipped, since it would be in vain.
    monkeypatch.setattr(lease, "acquire_or_wait", partial(lease.acquire_or_wait, sleep=lambda _: None))
    with ThreadPoolExecutor(1) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(refine_flow, "land", stalled)
            running = pool.submit(run, ["--job", first.model_dump_json()], lake.spark, lake.catalog)
            assert arrived.wait(120)
        run(["--job", second.model_dump_json()], lake.spark, lake.catalog)
        go_on.set()
        running.result()
    [loser] = outcomes(lake, second).values()
    assert ("LeaseHeldError", True) == (loser.failure.error, loser.failure.retryable)
    [winner] = outcomes(lake, first).values()
    assert Status.SUCCEEDED is winner.status

    run(["--job", third.model_dump_json()], lake.spark, lake.catalog)
    [later] = outcomes(lake, third).values()
    assert winner == later
    assert everything_of(undisturbed, ["silver.orders"]) == everything_of(lake, ["silver.orders"])


@contextmanager
def full_disk(spark, size):
    """Let Spark write no file beyond a size; beyond it, it gets the error of a full disk."""
    process = int(spark._jvm.java.lang.ProcessHandle.current().pid())
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="this system cannot limit another process")
def test_a_disk_that_is_full_fails_tables_and_harms_none(begun_lake):
    lake, orders = begun_lake, ("+silver.orders",)
    undisturbed = lake.branched()
    undisturbed.run("r2", (Step.INGEST, Step.REFINE), tables=orders)
    before = everything_of(lake, lake.catalog.tables)
    for size in (1, 2000):
        with full_disk(lake.spark, size):
            ran = lake.run("r2", (Step.INGEST, Step.REFINE), tables=orders)
        if size == 1:
            assert {Status.FAILED, Status.SKIPPED} == {o.status for o in ran.outcomes.values()}
            assert before == everything_of(lake, lake.catalog.tables)
    lake.run("r2", (Step.INGEST, Step.REFINE), tables=orders)
    assert everything_of(undisturbed, lake.catalog.tables) == everything_of(lake, lake.catalog.tables)
