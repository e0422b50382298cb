"""Claims a scheduled start, so that one delivered twice makes one run and a failed one can always be started again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.events import RunAccepted, RunRequested

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_stepfunctions import SFNClient

    from shared.events import Execution

# Longer than a schedule retries a start, and than Step Functions keeps an execution.
REMEMBERED = timedelta(days=100)
# An execution that waits to be redriven is still going on.
HOLDS_ITS_CLAIM = frozenset({"RUNNING", "SUCCEEDED", "PENDING_REDRIVE"})


@dataclass(frozen=True)
class KnownRuns:
    """The starts that executions have claimed: items `{id, execution, expires_at}`."""

    items: Table
    states: SFNClient

    def claim(self, start: str, execution: Execution) -> bool:
        """Claim a start, and return whether the execution has it now; an execution may claim its start again.

        Args:
            start: The schedule and the scheduled time.
            execution: The execution that claims it.
        """
        if self._write(start, execution, over=None):
            return True
        holder = self._holder(start)
        if holder == execution.id:
            return True
        return not self._holds(holder) and self._write(start, execution, over=holder)

    def _write(self, start: str, execution: Execution, *, over: str | None) -> bool:
        """Write the claim if there is none, or replace exactly the one that was read."""
        try:
            self.items.put_item(
                Item={
                    "id": start,
                    "execution": execution.id,
                    "expires_at": int((execution.started_at + REMEMBERED).timestamp()),
                },
                ConditionExpression="attribute_not_exists(id) OR execution = :over",
                ExpressionAttributeValues={":over": over},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _holder(self, start: str) -> str | None:
        """The execution that claimed the start; None once its item has expired."""
        item = self.items.get_item(Key={"id": start}, ConsistentRead=True).get("Item")
        return str(item["execution"]) if item else None

    def _holds(self, holder: str | None) -> bool:
        """Whether an execution still holds its claim; one that Step Functions no longer knows does not."""
        if holder is None:
            return False
        try:
            return self.states.describe_execution(executionArn=holder)["status"] in HOLDS_ITS_CLAIM
        except self.states.exceptions.ExecutionDoesNotExist:
            return False


def accept(requested: RunRequested, known_runs: KnownRuns) -> RunAccepted:
    """Return what a run works on, and whether it is the duplicate of another execution's run.

    Only a scheduled start can be a duplicate: two runs started by hand are two runs.
    """
    request = requested.request
    duplicate = False
    if request.schedule is not None:
        duplicate = not known_runs.claim(f"{request.schedule}#{request.scheduled_time}", requested.execution)
    return RunAccepted(
        duplicate=duplicate,
        business_date=requested.business_date,
        tables=request.tables,
        replay=request.replay,
        window=request.window,
        rollback=request.rollback,
    )
