"""What a deployed environment says of itself: the outputs of its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.runtime.aws import aws_answers
from scripts.looking.errors import WrongRequestError
from shared.names import Names

if TYPE_CHECKING:
    from shared.config import Environment

NO_STACK = "does not exist"


def stack_outputs(environment: Environment) -> dict[str, str]:
    """The outputs of the environment's stack, by name.

    Raises:
        WrongRequestError: the environment is not deployed in the account of the credentials.
        TerminalError: AWS refused, or there are no credentials.
    """
    import boto3
    from botocore.exceptions import ClientError

    name = Names(environment).stack
    with aws_answers(f"the outputs of the stack {name}"):
        try:
            [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if NO_STACK not in str(error):
                raise
            raise WrongRequestError(
                f"{environment.name} is not deployed",
                given=f"no stack {name} in the account and region of the credentials",
                mend=f"./lake deploy {environment.name}, or take the credentials of its account",
            ) from None
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
