"""A run's outcome has what its earlier attempts committed, and nothing of other runs."""

import pytest

from jobs.runtime.attempts import with_earlier_batches
from jobs.runtime.flow import Flow
from shared.jobs import Job, Status, Step, TableOutcome
from tests.support.delta_tables import Written, appending

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table(spark, tmp_path_factory):
    """Two batches of a run's first attempt, one of its second, upkeep in between, and one of another run before."""
    table = Written(spark, str(tmp_path_factory.mktemp("table") / "things"))
    for run, attempt, rows in (("r0", "a0", 1), ("r1", "a1", 10), ("r1", "a1", 100), ("r1", "a2", 1000)):
        books = {"read": rows, "inserted": rows, "requests": 2}
        table.commit(appending((rows, "x")), table.batch(run, attempt), books=books, warnings={"late": rows})
        if rows == 10:
            table.delta().optimize().executeCompaction()
    return table


def flow_of(table, run, attempt, **more):
    facts = {"env": "dev", "business_date": "2026-01-01", "lake_root": "s3://lake", "pii_root": "s3://lake-pii"}
    job = Job(step=Step.INGEST, run_id=run, attempt=attempt, landing_root="s3://landing", **facts, **more)
    return Flow(session=table.spark, job=job, catalog=None, table=None, batch=table.batch(run, attempt))


def own(sequence):
    facts = {"step": Step.INGEST, "status": Status.SUCCEEDED, "sequence": sequence}
    return TableOutcome(table="silver.things", read=5, requests=3, **facts)


@pytest.mark.parametrize(
    "run, attempt, sequence, totals",
    [
        pytest.param("r1", "a3", 5, (1115, 9, 1110), id="one more batch"),
        pytest.param("r1", "a3", 4, (115, 7, 110), id="none more, and the last one is told already"),
        pytest.param("r1", "a2", 5, (5, 3, 0), id="the attempt has told of the earlier ones with its first batch"),
        pytest.param("r2", "a3", 5, (5, 3, 0), id="another run"),
    ],
)
def test_outcome_of_the_last_attempt_is_that_of_the_run(table, run, attempt, sequence, totals):
    told = with_earlier_batches(flow_of(table, run, attempt), outcome := own(sequence))

    assert totals == (told.read, told.requests, sum(told.warnings.values()))
    assert (outcome.status, outcome.sequence, totals[0] - 5) == (told.status, told.sequence, told.inserted)


def test_streaming_job_reports_to_nobody_and_reads_no_log(table):
    assert own(5) == with_earlier_batches(flow_of(table, "r1", "a3", every_seconds=60), own(5))
