"""The lake's own metrics in CloudWatch, named once for the code that counts, the alarms and the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.jobs import Step

NAMESPACE = "Lakewright"
# How many tables are older than their contracts allow; counted every few minutes.
TABLES_LATE = "tables_late"


def dimensions(environment: str) -> dict[str, str]:
    """The dimensions of every metric; to CloudWatch the same name with one more dimension is another metric."""
    return {"environment": environment}


def tables_failed(step: Step) -> str:
    """How many tables failed in a step of a run; counted for the steps that a machine has judged."""
    return f"{step}_tables_failed"
