"""Reads a deployed environment's stack and the stack's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.runtime.aws import aws_answers
from scripts.looking.errors import WrongRequestError
from shared.names import Names

if TYPE_CHECKING:
    from shared.config import Environment

# CloudFormation's error code for a stack that it does not have.
NO_STACK = "ValidationError"
# A change set was made and never executed: the stack is only a name, and nothing has been deployed.
ONLY_A_NAME = "REVIEW_IN_PROGRESS"


def find_stack(name: str) -> dict[str, Any] | None:
    """A stack that was deployed in the account and region of the credentials; None if there is none.

    Raises:
        ClientError: AWS refused.
    """
    import boto3
    from botocore.exceptions import ClientError

    try:
        [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_STACK:
            raise
        return None
    return None if stack["StackStatus"] == ONLY_A_NAME else dict(stack)


def stack_outputs(environment: Environment) -> dict[str, str]:
    """The outputs of the environment's stack, by name.

    Raises:
        WrongRequestError: the environment is not deployed in the account of the credentials.
        TerminalError: AWS refused, or there are no credentials.
    """
    name = Names(environment).stack
    with aws_answers(f"the outputs of the stack {name}"):
        stack = find_stack(name)
    if stack is None:
        raise WrongRequestError(
            f"{environment.name} is not deployed",
            given=f"no stack {name} in the account and region of the credentials",
            mend=f"./lake deploy {environment.name}, or take the credentials of its account",
        )
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
