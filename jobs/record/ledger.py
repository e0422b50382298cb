"""The ledger's page of a run: what its steps did, and the versions of all tables and of what lies beside them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.files import earlier_outcomes, leave_record
from shared.freshness import promises
from shared.jobs import Colour, TableOutcome, steps_of
from shared.ledger import RunRecord, TableVersion
from shared.places import companions, location_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Catalog, Table
    from shared.jobs import Job

# Each log is a question to S3, and most tables have nothing beside them.
AT_ONCE = 8


def record(spark: SparkSession, job: Job, catalog: Catalog) -> list[TableOutcome]:
    """Write `run.json`. Versions and outcomes are read from commits and outcome files, so they cannot disagree.

    Returns:
        Nothing to report of its own: the step touches no table.
    """
    outcomes = earlier_outcomes(job)
    # A step that crashed left no outcomes, and what it would have done is not known.
    missing = tuple(step for step in steps_of(job.machine) if step not in {job.step, *job.earlier})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        versions = tuple(pool.map(partial(_versions, spark, job), catalog.tables.values()))
    leave_record(
        job,
        RunRecord(
            run_id=job.run_id,
            env=job.env,
            business_date=job.business_date,
            colour=Colour.RED if missing or any(o.is_red for o in outcomes) else Colour.GREEN,
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            outcomes=tuple(outcomes),
            missing_steps=missing,
            versions=versions,
            promises=promises(catalog),
            reads_again=bool(job.window or job.replay),
        ),
    )
    return []


def _versions(spark: SparkSession, job: Job, table: Table) -> TableVersion:
    """The versions of a table and of what lies beside it, as they are now."""
    log = DeltaLog(spark, location_of(job.roots, table))
    logs = {what: DeltaLog(spark, place) for what, place in companions(job.roots, table).items()}
    beside = {what: found.version for what, found in logs.items() if found.exists}
    itself = {"version": log.version, "table_id": log.table_id} if log.exists else {"version": None}
    return TableVersion.model_validate({"table": str(table.name), **itself, "beside": beside})
