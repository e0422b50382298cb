"""Which tables a job works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.landing import is_at

if TYPE_CHECKING:
    from shared.contracts import Catalog, Table
    from shared.jobs import Job


def selected(job: Job, catalog: Catalog) -> list[Table]:
    """The tables a job names, or those its files feed with all that depend on them, or all that are its machine's.

    A file that no contract names feeds nothing.

    Raises:
        UnknownNameError: a selector names no table.
    """
    if job.tables:
        return catalog.select(job.tables)
    if not job.files:
        return catalog.of_machine(job.machine)
    fed = [t for t in catalog.tables.values() if any(_feeds(file, t, job.landing_root) for file in job.files)]
    return catalog.select([f"{t.name}+" for t in fed]) if fed else []


def _feeds(file: str, table: Table, landing_root: str) -> bool:
    source = table.source
    return source is not None and source.location is not None and is_at(file, source.location, landing_root)
