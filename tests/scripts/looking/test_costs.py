"""The cost of a run is computed from what its job runs used, and divided by the seconds of tables."""

import pytest

from jobs.runtime.files import write_text
from scripts.looking import costs
from scripts.looking.costs import cost_of_run, costs_of_tables
from scripts.looking.lake import open_lake
from scripts.looking.runs import all_runs, one_run
from shared.config import load_environment
from shared.jobs import Status, Step
from shared.usage import JobRunUsage, Prices, usage_location
from tests.support.hand_made_lake import START, HandMadeLake, outcome

PRICES = Prices(vcpu_hour=0.04, memory_gb_hour=0.005, storage_gb_hour=0.0001)


@pytest.fixture
def made(tmp_path, catalog, monkeypatch):
    """A run of two steps, the first of which took two attempts."""
    prod = load_environment("prod").model_copy(update={"prices": PRICES})
    monkeypatch.setattr(costs, "load_environment", {"prod": prod}.__getitem__)
    lake = HandMadeLake(tmp_path, catalog)
    outcomes = [
        outcome("bronze.shop__orders", Step.INGEST).model_copy(update={"seconds": 30.0}),
        outcome("bronze.shop__lines", Step.INGEST, Status.UNCHANGED).model_copy(update={"seconds": 10.0}),
        outcome("silver.orders", Step.REFINE).model_copy(update={"seconds": 5.0}),
    ]
    lake.record("r1", START, {}, *outcomes)
    use(lake.root, Step.INGEST, "a1", state="FAILED", vcpu_hours=1.0, memory_gb_hours=4.0)
    use(lake.root, Step.INGEST, "a2", vcpu_hours=4.0, memory_gb_hours=16.0, storage_gb_hours=10.0)
    use(lake.root, Step.REFINE, "b1", vcpu_hours=2.0)
    use(lake.root, Step.RECORD, "c1", vcpu_hours=0.5)
    return lake


def test_job_run_that_has_a_bill_alone_is_no_run_of_the_ledger(made):
    use(made.root, Step.SMOKE, "s1", run_id="smoke-1")

    assert ["r1"] == [run.run_id for run in all_runs(open_lake(made.root))]


def use(root, step, attempt, **facts):
    usage = JobRunUsage(
        **{
            "env": "prod",
            "run_id": "r1",
            "step": step,
            "attempt": attempt,
            "job_run_id": f"job-{attempt}",
            "state": "SUCCESS",
            "is_billed": True,
            "vcpu_hours": 0.0,
            "memory_gb_hours": 0.0,
            "storage_gb_hours": 0.0,
            **facts,
        }
    )
    write_text(usage_location(root, usage.run_id, step, attempt), usage.model_dump_json())


def test_run_costs_what_all_its_job_runs_used(made):
    run = one_run(open_lake(made.root), "r1")

    assert 7.5 * 0.04 + 20.0 * 0.005 + 10.0 * 0.0001 == pytest.approx(cost_of_run(run))
    assert ["job-a1", "job-a2", "job-b1", "job-c1"] == [usage.job_run_id for usage in run.usages]


def test_step_is_shared_out_by_seconds_with_its_failed_try(made):
    ingest = 5.0 * 0.04 + 20.0 * 0.005 + 10.0 * 0.0001

    assert {
        (Step.INGEST, "bronze.shop__orders"): pytest.approx(0.75 * ingest),
        (Step.INGEST, "bronze.shop__lines"): pytest.approx(0.25 * ingest),
        (Step.REFINE, "silver.orders"): pytest.approx(0.08),
    } == costs_of_tables(one_run(open_lake(made.root), "r1"))


def test_environment_that_is_no_more_has_no_prices(made):
    use(made.root, Step.RECORD, "c1", env="gone")
    run = one_run(open_lake(made.root), "r1")

    assert None is cost_of_run(run)
    assert 3 == len(costs_of_tables(run))


def test_run_on_a_laptop_costs_nothing_that_is_known(lake):
    run = one_run(lake, "run-1")

    assert ((), None, {}) == (run.usages, cost_of_run(run), costs_of_tables(run))
