"""The lake's own metrics in CloudWatch: named here once, for those who count and those who show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.jobs import Step

NAMESPACE = "Lakewright"
# How many tables are older than their contracts allow; counted every few minutes.
TABLES_LATE = "tables_late"


def dimensions(environment: str) -> dict[str, str]:
    """All that a metric is told apart by; to CloudWatch the same name with one dimension more is another metric."""
    return {"environment": environment}


def tables_failed(step: Step) -> str:
    """How many tables failed in a step of a run; counted for the steps that a machine has judged."""
    return f"{step}_tables_failed"
