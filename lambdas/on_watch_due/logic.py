"""How fresh tables are, by the pages of the runs that Step Functions still lists."""

from __future__ import annotations

import heapq
from datetime import timedelta
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

import boto3

from lambdas.lake_files import read_if_there
from shared.freshness import ages, deciding
from shared.ledger import RunRecord
from shared.names import run_location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

    from shared.freshness import TableAge

# A run that began before the time that a promise covers may have ended within it.
LONGEST_RUN = timedelta(days=1)


def look(
    states: SFNClient, machine_arns: Sequence[str], scheduled: Sequence[str], lake_root: str, now: datetime
) -> list[TableAge]:
    """The age of each table with a promise in the newest run's page; none before the first run.

    A table is left out if one of the machines that it needs is not scheduled: nobody keeps its promise. Pages are read
    from the newest on, until each table has been found or no promise reaches back any further.

    Args:
        states: Step Functions.
        machine_arns: The machines that bring tables up to date, by schedule or by hand.
        scheduled: The names of those with a schedule that is on.
        lake_root: `s3://...` or a folder.
        now: The moment from which to look back.
    """
    executions, s3 = _newest_first(states, machine_arns), boto3.client("s3")
    newest = next(_pages(executions, lake_root, s3), None)
    if newest is None:
        return []
    promised = [p for p in newest.promises if set(p.machines) <= set(scheduled)]
    longest = timedelta(seconds=max((p.seconds for p in promised), default=0))
    recent = takewhile(lambda execution: execution["startDate"] >= now - longest - LONGEST_RUN, executions)
    return ages(promised, deciding(promised, chain([newest], _pages(recent, lake_root, s3))))


def _pages(executions: Iterable[dict[str, Any]], lake_root: str, s3: S3Client) -> Iterator[RunRecord]:
    """The pages of runs, in their order; an execution that is still running has none yet."""
    for execution in executions:
        page = read_if_there(run_location(lake_root, execution["name"]), s3)
        if page is not None:
            yield RunRecord.model_validate_json(page)


def _newest_first(states: SFNClient, machine_arns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The machines' executions; Step Functions lists those of each from the newest on."""
    pages = states.get_paginator("list_executions")
    of_each = [pages.paginate(stateMachineArn=arn).search("executions[]") for arn in machine_arns]
    return heapq.merge(*of_each, key=lambda execution: execution["startDate"], reverse=True)
