"""What can be wrong with a template that is to be deployed locally."""

from __future__ import annotations

from moto.cloudformation.exceptions import CloudFormationError

from shared.errors import TerminalError


class TemplateError(CloudFormationError, TerminalError):
    """A template the local CloudFormation cannot follow to the letter.

    It is an error of moto's own family as well, so that a client of the server (the CDK command line) is answered
    with this text instead of an internal server error.
    """

    code = "ValidationError"

    def __init__(self, what: str, *, given: str = "", expected: str = "", mend: str = "") -> None:
        TerminalError.__init__(self, what, given=given, expected=expected, mend=mend)
        CloudFormationError.__init__(self, TerminalError.__str__(self))


def place(stack: str, logical_id: str, kind: str) -> str:
    """How an error names a resource."""
    return f"stack {stack}: {logical_id} ({kind})"
