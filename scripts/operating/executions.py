"""Runs a state machine on AWS to its end."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3

from shared.errors import TerminalError

POLL_SECONDS = 15


def run_to_its_end(machine_arn: str, *, mend: str) -> tuple[str, dict[str, Any]]:
    """Start a machine with the console's default input, wait for its end, and return the execution's ARN and output.

    `mend` is the error's advice if the run does not succeed.

    Raises:
        TerminalError: the run did not succeed.
    """
    states = boto3.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine_arn, input="{}")["executionArn"]
    while (run := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(POLL_SECONDS)
    if run["status"] != "SUCCEEDED":
        raise TerminalError(
            f"the execution {arn} ended {run['status']}",
            given=run.get("error", ""),
            expected=str(run.get("cause", ""))[:500],
            mend=mend,
        )
    return arn, json.loads(run.get("output") or "{}")
