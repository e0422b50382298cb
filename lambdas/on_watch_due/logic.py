"""How fresh tables are, by the pages of the runs that Step Functions still lists."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3

from lambdas.lake_files import read_if_there
from shared.freshness import ages, brought_up_to_date
from shared.ledger import RunRecord
from shared.names import run_location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_stepfunctions import SFNClient

    from shared.freshness import TableAge

# A run that began before the time that a promise covers may have ended within it.
LONGEST_RUN = timedelta(days=1)


def look(states: SFNClient, machine_arns: Sequence[str], lake_root: str, now: datetime) -> list[TableAge]:
    """The age of each table with a promise in the newest run's page; none before the first run.

    Pages are read from the newest on, until each table has been found or no promise reaches back any further.

    Args:
        states: Step Functions.
        machine_arns: The machines that bring tables up to date.
        lake_root: `s3://...` or a folder.
        now: The moment from which to look back.
    """
    found: list[RunRecord] = []
    missing: set[str] = set()
    longest = timedelta()
    s3 = boto3.client("s3")
    for execution in _newest_first(states, machine_arns):
        if found and (not missing or execution["startDate"] < now - longest - LONGEST_RUN):
            break
        # An execution that is still running has none yet.
        page = read_if_there(run_location(lake_root, execution["name"]), s3)
        if page is None:
            continue
        record = RunRecord.model_validate_json(page)
        if not found:
            missing = {name for p in record.promises for name in (p.table, *p.upstream)}
            longest = timedelta(seconds=max((p.seconds for p in record.promises), default=0))
        found.append(record)
        missing -= brought_up_to_date(record)
    return ages(found[0].promises, found) if found else []


def _newest_first(states: SFNClient, machine_arns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The machines' executions; Step Functions lists those of each from the newest on."""
    pages = states.get_paginator("list_executions")
    of_each = [pages.paginate(stateMachineArn=arn).search("executions[]") for arn in machine_arns]
    return heapq.merge(*of_each, key=lambda execution: execution["startDate"], reverse=True)
