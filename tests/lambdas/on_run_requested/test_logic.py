"""Of two executions that race for a start, one has it."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from lambdas.on_run_requested.logic import KnownRuns
from shared.events import Execution

ME = Execution(id="arn:me", name="me", started_at=datetime(2026, 11, 23, tzinfo=UTC))


class Table:
    """A table whose item another execution rewrites between a read and the next write."""

    def __init__(self, error="ConditionalCheckFailedException"):
        self.error = error

    def put_item(self, **_):
        raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "PutItem")

    def get_item(self, **_):
        return {"Item": {"execution": "arn:failed"}}


class States:
    class exceptions:  # noqa: N801 - boto3's name
        class ExecutionDoesNotExist(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self, status="FAILED"):
        self.status = status

    def describe_execution(self, **_):
        return {"status": self.status}


def test_loser_of_a_race_for_a_failed_run_is_a_duplicate():
    assert False is KnownRuns(items=Table(), states=States()).claim("start", ME)


class Claimed(Table):
    """A table whose item is replaced by a write that names its holder."""

    def put_item(self, **asked):
        if asked["ExpressionAttributeValues"][":over"] != "arn:failed":
            super().put_item()


@pytest.mark.parametrize(
    "status, is_free",
    [
        ("RUNNING", False),
        ("SUCCEEDED", False),
        ("PENDING_REDRIVE", False),
        ("FAILED", True),
        ("TIMED_OUT", True),
        ("ABORTED", True),
    ],
)
def test_start_is_free_again_once_its_run_has_ended_badly(status, is_free):
    assert is_free is KnownRuns(items=Claimed(), states=States(status)).claim("start", ME)


def test_table_that_does_not_answer_is_an_error_and_not_a_duplicate():
    with pytest.raises(ClientError, match="Throttling"):
        KnownRuns(items=Table("ThrottlingException"), states=States()).claim("start", ME)
