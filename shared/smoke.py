"""What a smoke run leaves: point by point, what only the place itself can say.

The machine `smoke` runs one job that looks and leaves its report at `<lake_root>/smoke/<run_id>.json`, one that fails
and one that EMR Serverless refuses to take; what came back of each is the output of its execution.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.names import STAGING_FOLDER

SMOKE_MACHINE = "smoke"
REPORTS_FOLDER = "smoke"
# Among what is staged, which expires even where the job is killed.
TRIED_FOLDER = f"{STAGING_FOLDER}/smoke"
# No table has this name, so nobody waits for its lease.
LEASED = "smoke"
# Source: Athena user guide, "Query Linux Foundation Delta Lake tables": the reader features of version 3 it knows.
ATHENA_READER_VERSION = 3
ATHENA_READER_FEATURES = frozenset({"columnMapping", "deletionVectors", "timestampNtz"})


class PointStatus(StrEnum):
    """`ok` as expected, `failed` otherwise, `told` where there is nothing to expect and somebody wants to know."""

    OK = "ok"
    FAILED = "failed"
    TOLD = "told"


class Point(BaseModel):
    """One thing that was looked at; `mend` says what to change where it failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    point: str
    status: PointStatus
    found: str
    mend: str = ""


class SmokeReport(BaseModel):
    """What one smoke job found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    points: tuple[Point, ...]


def smoke_location(lake_root: str, run_id: str) -> str:
    """Where a smoke job leaves its SmokeReport."""
    return f"{lake_root}/{REPORTS_FOLDER}/{run_id}.json"


def tried_location(root: str, run_id: str) -> str:
    """Where a smoke job writes what it tries with."""
    return f"{root}/{TRIED_FOLDER}/{run_id}"
