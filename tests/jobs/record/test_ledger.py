"""The ledger's page: the versions of all tables when the run ended, and what its steps did."""

from dataclasses import replace

from deltalake import DeltaTable

from jobs.record.ledger import record
from jobs.runtime.files import leave_outcomes
from shared.contracts import Catalog
from shared.contracts.freshness import Freshness
from shared.jobs import (
    RUN_STEPS,
    Colour,
    Failure,
    Replay,
    Status,
    Step,
    TableOutcome,
    Window,
)
from shared.ledger import FreshnessPromise, TableVersion
from shared.names import Machine
from tests.support.delta_tables import Written


def outcome(table, step, status=Status.SUCCEEDED):
    failure = Failure(error="GateClosedError", message="closed", retryable=False) if status is Status.FAILED else None
    return TableOutcome(table=table, step=step, status=status, failure=failure)


def page(lake, spark, *outcomes):
    """The page after all steps, with these outcomes among theirs."""
    earlier = {}
    for step in RUN_STEPS[:-1]:
        job = lake.job(step)
        leave_outcomes(job, [o for o in outcomes if o.step is step])
        earlier[step] = job.attempt
    assert [] == record(spark, lake.job(Step.RECORD, earlier=earlier), lake.catalog)
    return lake.record("r1")


def test_a_page_holds_the_versions_of_every_table_there_is_and_of_what_lies_beside_it(small_lake, spark):
    lake = small_lake
    stock = Written(spark, lake.location("bronze.shop__stock"), "bronze.shop__stock")
    stock.append((1, "a"))
    stock.append((2, "b"))
    Written(spark, lake.location("silver.stock"), "silver.stock").append((1, "a"))
    Written(spark, lake.quarantine_location("silver.stock"), "quarantine of silver.stock").append((1, "b"))
    found = page(lake, spark, outcome("bronze.shop__stock", Step.INGEST), outcome("silver.stock", Step.REFINE))
    versions, beside = {"bronze.shop__stock": 1, "silver.stock": 0}, {"silver.stock": {"quarantine": 0}}
    ids = {t: str(DeltaTable(lake.location(t)).metadata().id) for t in versions}
    assert found.versions == tuple(
        TableVersion(table=t, version=versions.get(t), table_id=ids.get(t), beside=beside.get(t, {}))
        for t in lake.catalog.tables
    )
    assert ["bronze.shop__stock", "silver.stock"] == [o.table for o in found.outcomes]
    assert ("r1", "local", Colour.GREEN, ()) == (found.run_id, found.env, found.colour, found.missing_steps)


def test_a_run_is_red_as_soon_as_one_table_of_any_step_was(small_lake, spark):
    outcomes = [outcome("bronze.shop__stock", Step.INGEST, Status.FAILED), outcome("silver.customers", Step.REFINE)]
    assert Colour.RED is page(small_lake, spark, *outcomes).colour


def test_a_skipped_table_is_red_too(small_lake, spark):
    assert Colour.RED is page(small_lake, spark, outcome("silver.stock", Step.REFINE, Status.SKIPPED)).colour


def test_a_run_without_a_step_is_red_since_nobody_knows_what_it_would_have_done(small_lake, spark):
    job = small_lake.job(Step.INGEST)
    leave_outcomes(job, [outcome("bronze.shop__stock", Step.INGEST)])
    record(spark, small_lake.job(Step.RECORD, earlier={Step.INGEST: job.attempt}), small_lake.catalog)
    found = small_lake.record("r1")
    missing = (Step.REFINE, Step.BUILD, Step.PUBLISH, Step.RECONCILE)
    assert (Colour.RED, missing) == (found.colour, found.missing_steps)


def test_a_page_holds_what_contracts_promise_and_whether_the_run_says_how_new_tables_are(small_lake, spark):
    stock = small_lake.catalog.table("silver.stock")
    promising = replace(stock, freshness=Freshness(seconds=3600))
    catalog = Catalog({**small_lake.catalog.tables, "silver.stock": promising})
    window, replay = Window(since="2026-01-01", until="2026-02-01"), Replay(table="silver.stock")
    pages = []
    for number, asked in enumerate([{}, {"window": window}, {"replay": replay}]):
        record(spark, small_lake.job(Step.RECORD, f"r{number}", **asked), catalog)
        pages.append(small_lake.record(f"r{number}"))

    promised = FreshnessPromise(
        table="silver.stock", seconds=3600, upstream=("bronze.shop__stock",), machines=(Machine.DAILY_BATCH,)
    )
    assert [(promised,)] * 3 == [found.promises for found in pages]
    assert [False, True, True] == [found.reads_again for found in pages]
