"""The report of a smoke run: checks that only a deployed environment can answer.

The machine `smoke` runs one job that makes the checks and leaves its report at `<lake_root>/smoke/<run_id>.json`, one
that fails and one that EMR Serverless refuses; the output of its execution is what came back for each.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.names import STAGING_FOLDER

SMOKE_MACHINE = "smoke"
REPORTS_FOLDER = "smoke"
# Below the staging folder, whose files expire even if the job is killed.
TRIED_FOLDER = f"{STAGING_FOLDER}/smoke"
# No table has this name, so nobody waits for its lease.
LEASED = "smoke"
# Source: Athena user guide, "Query Linux Foundation Delta Lake tables": the reader features of version 3 it knows.
ATHENA_READER_VERSION = 3
ATHENA_READER_FEATURES = frozenset({"columnMapping", "deletionVectors", "timestampNtz"})


class PointStatus(StrEnum):
    """`ok` as expected, `failed` otherwise, `told` if nothing is expected and the answer is only reported."""

    OK = "ok"
    FAILED = "failed"
    TOLD = "told"


class Point(BaseModel):
    """One check; `mend` says what to change if it failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    point: str
    status: PointStatus
    found: str
    mend: str = ""


class SmokeReport(BaseModel):
    """The checks of one smoke job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    points: tuple[Point, ...]


def smoke_location(lake_root: str, run_id: str) -> str:
    """Where a smoke job leaves its SmokeReport."""
    return f"{lake_root}/{REPORTS_FOLDER}/{run_id}.json"


def tried_location(root: str, run_id: str) -> str:
    """Where a smoke job writes the files that it tries rights with."""
    return f"{root}/{TRIED_FOLDER}/{run_id}"
