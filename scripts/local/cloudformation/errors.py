"""The error for a template that cannot be deployed locally."""

from __future__ import annotations

from moto.cloudformation.exceptions import CloudFormationError

from shared.errors import TerminalError


class TemplateError(CloudFormationError, TerminalError):
    """A template has something that the local CloudFormation does not support.

    The class also derives from moto's own error, so that a client of the server (the CDK command line) gets this text
    instead of an internal server error.
    """

    code = "ValidationError"

    def __init__(self, what: str, *, given: str = "", expected: str = "", mend: str = "") -> None:
        TerminalError.__init__(self, what, given=given, expected=expected, mend=mend)
        CloudFormationError.__init__(self, TerminalError.__str__(self))


def place(stack: str, logical_id: str, kind: str) -> str:
    """The name of a resource in an error."""
    return f"stack {stack}: {logical_id} ({kind})"
