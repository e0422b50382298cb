"""The log groups that the stack names itself; those of functions are named by CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.names import Names

# Only groups under this prefix stay out of the account's one log resource policy, which has a size limit.
VENDED_LOGS = "/aws/vendedlogs/"


def machine_logs(names: Names, machine: str) -> str:
    """The log group of a state machine."""
    return f"{VENDED_LOGS}states/{names.machine(machine)}"


def api_logs(names: Names) -> str:
    """The log group of the API that serves rows."""
    return f"{VENDED_LOGS}apis/{names.stack}"
