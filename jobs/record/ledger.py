"""The ledger's page of a run: what its steps did, and the version of every table when it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.files import earlier_outcomes, leave_record
from shared.freshness import promises
from shared.jobs import Colour, RunRecord, TableOutcome, TableVersion, steps_of
from shared.places import location_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Catalog
    from shared.jobs import Job


def record(spark: SparkSession, job: Job, catalog: Catalog) -> list[TableOutcome]:
    """Write `run.json`. Versions and outcomes are read from commits and outcome files, so they cannot disagree.

    Returns:
        Nothing to report of its own: the step touches no table.
    """
    outcomes = earlier_outcomes(job)
    # A step that crashed left no outcomes, and what it would have done is not known.
    red = any(o.is_red for o in outcomes) or not set(steps_of(job.machine)) - {job.step} <= set(job.earlier)
    versions = []
    for name, table in catalog.tables.items():
        log = DeltaLog(spark, location_of(job.roots, table))
        versions.append(TableVersion(table=name, version=log.version if log.exists else None))
    leave_record(
        job,
        RunRecord(
            run_id=job.run_id,
            env=job.env,
            business_date=job.business_date,
            colour=Colour.RED if red else Colour.GREEN,
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            outcomes=tuple(outcomes),
            versions=tuple(versions),
            promises=promises(catalog),
            reads_again=bool(job.window or job.replay),
        ),
    )
    return []
