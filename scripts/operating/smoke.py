"""A smoke run: the smoke machine, its job's report, and queries to Athena and the API as each reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.looking.files import find_files, read_text
from scripts.operating.executions import run_to_its_end
from scripts.operating.outputs import stack_outputs
from scripts.operating.smoke_api import Api, doors
from scripts.operating.smoke_readers import Athena, readers
from shared.names import API_OUTPUT
from shared.smoke import Point, PointStatus, SmokeReport, smoke_location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.config import Environment
    from shared.contracts import Catalog

MACHINE_OUTPUT = "SmokeArn"
CAUSE_CHARACTERS = 300


def smoke(environment: Environment, catalog: Catalog) -> list[Point]:
    """Run the smoke machine and check everything that it left; with governance, also Athena and the API per reader."""
    stack = stack_outputs(environment)
    mend = "look at the execution in the console, and into its job runs' logs in the logs bucket: SPARK_DRIVER/stderr"
    execution, came = run_to_its_end(stack[MACHINE_OUTPUT], mend=mend)
    points = [*reported(stack["LakeRoot"], execution.rpartition(":")[2]), *came_back(came)]
    if environment.governance:
        points += readers(environment, catalog, Athena(environment).ask)
        points += doors(environment, catalog, Api(stack.get(API_OUTPUT)).ask)
    return points


def reported(lake_root: str, run_id: str) -> Iterator[Point]:
    """The points of the job's report, or a failed one if there is no report."""
    place = smoke_location(lake_root, run_id)
    if place not in {file.location for file in find_files(place.rpartition("/")[0])}:
        mend = "read the logs of the job run `smoke ...` in the logs bucket: SPARK_DRIVER/stderr"
        yield Point(point="the job's report", status=PointStatus.FAILED, found=f"nothing at {place}", mend=mend)
        return
    yield from SmokeReport.model_validate_json(read_text(place)).points


def came_back(output: Mapping[str, Any]) -> Iterator[Point]:
    """Check whether Step Functions reported the job runs in the form that the machines expect."""
    succeeded, failed, refused = (output.get(key) or {} for key in ("succeeded", "failed", "refused"))
    yield _point(
        ".sync of a job run that succeeds",
        succeeded.get("State") == "SUCCESS" and "JobRunId" in succeeded,
        _short(succeeded) if "Error" in succeeded else f"keys: {', '.join(sorted(succeeded))}",
        "no machine reads them, but the job run has to succeed: see the job's report",
    )
    cause = _parsed(failed.get("Cause", ""))
    yield _point(
        ".sync of a job run that fails",
        failed.get("Error") == "States.TaskFailed" and cause.get("State") == "FAILED",
        _short(failed),
        "the machines catch States.ALL either way; put the name into their Retry lists",
    )
    yield _point(
        "a submission that is refused",
        str(refused.get("Error", "")).startswith("EMRServerless."),
        _short(refused),
        "the machines catch States.ALL either way; put the name into their Retry lists",
    )


def _point(name: str, well: bool, found: str, mend: str) -> Point:  # noqa: FBT001 - whether it is as expected
    if well:
        return Point(point=name, status=PointStatus.OK, found=found)
    return Point(point=name, status=PointStatus.FAILED, found=found or "nothing", mend=mend)


def _short(error: Mapping[str, Any]) -> str:
    return f"{error.get('Error', '')}: {error.get('Cause', '')}"[:CAUSE_CHARACTERS] if error else ""


def _parsed(cause: str) -> dict[str, Any]:
    """A cause as a dictionary: it is the JSON of the job run if there was one; else empty."""
    try:
        found = json.loads(cause)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
