"""Finds EMR Serverless applications by their names, and deletes them with what runs on them."""

from __future__ import annotations

import time
from typing import Any

import boto3

from shared.errors import TerminalError

THERE = ("CREATING", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED")
UNDER_WAY = ("SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING")
# An application stops within seconds once nothing runs on it any more.
TRIES, PAUSE_SECONDS = 60, 5


def applications_of(stack: str) -> list[str]:
    """The ids of the applications named after a stack, also of those that a change of settings removed from it."""
    pages = boto3.client("emr-serverless").get_paginator("list_applications").paginate(states=list(THERE))
    found = [application for page in pages for application in page["applications"]]
    return [each["id"] for each in found if each.get("name", "").startswith(f"{stack}-")]


def delete_application(application: str) -> str:
    """Cancel what runs on an application, stop it, delete it, and return in words what was done.

    Raises:
        TerminalError: it did not stop in time.
    """
    emr = boto3.client("emr-serverless")
    for run in _under_way(emr, application):
        emr.cancel_job_run(applicationId=application, jobRunId=run)
    for _ in range(TRIES):
        state = emr.get_application(applicationId=application)["application"]["state"]
        if state in {"CREATED", "STOPPED"}:
            emr.delete_application(applicationId=application)
            return "deleted"
        if state == "TERMINATED":
            return "was deleted before"
        if state == "STARTED" and not _under_way(emr, application):
            emr.stop_application(applicationId=application)
        else:
            time.sleep(PAUSE_SECONDS)
    raise TerminalError(f"application {application} did not stop", given=f"{TRIES * PAUSE_SECONDS} seconds")


def _under_way(emr: Any, application: str) -> list[str]:  # noqa: ANN401 - a client of boto3
    pages = emr.get_paginator("list_job_runs").paginate(applicationId=application, states=list(UNDER_WAY))
    return [run["id"] for page in pages for run in page["jobRuns"]]
