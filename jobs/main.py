"""Entry point of every job run: `main.py --job <json of shared.jobs.Job>`."""

from __future__ import annotations

import argparse
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING

from jobs.build.flow import build
from jobs.erase.flow import erase
from jobs.ingest.backlog import read_backlog
from jobs.ingest.flow import ingest
from jobs.ingest.ingest_loop import ingest_forever
from jobs.maintain.flow import maintain
from jobs.maintain.left_behind import naming_left_behind
from jobs.maintain.rollback import page_of, roll_back
from jobs.publish.flow import publish, withdraw
from jobs.reconcile.flow import reconcile
from jobs.record.ledger import record
from jobs.refine.flow import refine
from jobs.runtime.attempts import with_earlier_batches
from jobs.runtime.files import earlier_outcomes, leave_outcomes
from jobs.runtime.flow import open_flow
from jobs.runtime.schedule import run_tables
from jobs.runtime.session import build_session
from jobs.smoke.flow import smoke
from shared.contracts import load_catalog
from shared.jobs import Job, Step
from shared.serving import Target
from shared.step_tables import works_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

    from shared.contracts import Catalog, Table
    from shared.jobs import TableOutcome

log = logging.getLogger("lakewright")

FLOWS = {
    Step.INGEST: ingest,
    Step.REFINE: refine,
    Step.BUILD: build,
}


def run(args: Sequence[str], spark: SparkSession, catalog: Catalog | None = None) -> int:
    """Run one job and write its outcomes; a job with `every_seconds` repeats for ever, and writes none.

    An erasure and a smoke job do not work table by table: each writes a record of its own.

    A table's failure is data in the outcomes; only a job that could not finish raises.

    Args:
        args: The command line, `--job <json>`.
        spark: The session.
        catalog: The contracts, if not those of this repository.

    Returns:
        0, the exit code.
    """
    parser = argparse.ArgumentParser(prog="main.py")
    parser.add_argument("--job", required=True, type=Job.model_validate_json, help="JSON of shared.jobs.Job")
    job: Job = parser.parse_args(args).job
    catalog = catalog or load_catalog()
    if job.every_seconds:
        ingest_forever(lambda: _outcomes(job, spark, catalog), job.every_seconds)
    if job.step is Step.ERASE:
        erase(spark, job, catalog)
        return 0
    if job.step is Step.SMOKE:
        smoke(spark, job)
        return 0
    summary = leave_outcomes(job, _outcomes(job, spark, catalog))
    log.info("%s of %s ended %s: %s", job.step, job.run_id, summary.colour, dict(summary.tables))
    return 0


def _outcomes(job: Job, spark: SparkSession, catalog: Catalog) -> list[TableOutcome]:
    if job.step is Step.RECORD:
        return record(spark, job, catalog)
    tables = [t for t in catalog.asked(job.tables, job.machine) if works_on(job.step, t)]
    failed = {o.table for o in earlier_outcomes(job) if o.is_red}
    if job.step is Step.PUBLISH:
        withdrawn = withdraw(job, catalog)
        return withdrawn + [o for target in Target for o in _published(spark, job, target, tables, failed)]
    outcomes = run_tables(tables, job, _work(spark, job, catalog), failed)
    return naming_left_behind(outcomes, catalog) if job.rollback else outcomes


def _published(
    spark: SparkSession, job: Job, target: Target, tables: list[Table], failed: set[str]
) -> list[TableOutcome]:
    """Publish tables to one target. A table that fails there affects no other table and no other target."""
    chosen = [t for t in tables if target in t.targets]
    return run_tables(chosen, job, partial(publish, spark, job, target), failed, target=target)


def _work(spark: SparkSession, job: Job, catalog: Catalog) -> Callable[[Table], TableOutcome]:
    """The function by which the job's step works on one table."""
    if job.step is Step.RECONCILE:
        return partial(reconcile, spark, job, catalog)
    if job.step is Step.MAINTAIN and job.rollback is None:
        return partial(maintain, spark, job, catalog)
    if job.step is Step.MAINTAIN:
        return partial(roll_back, spark, job, page_of(job))
    make = partial(_make, spark, job, catalog)
    return partial(read_backlog, make) if job.step is Step.INGEST else make


def _make(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> TableOutcome:
    with open_flow(spark, job, catalog, table) as flow:
        return with_earlier_batches(flow, FLOWS[job.step](flow))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.exit(run(sys.argv[1:], build_session("lakewright")))
