"""Counts the tables that are late, and announces those that became late since the last check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import Field

from lambdas.events import SENT_BY_AWS, read_event
from lambdas.observability import count, logger, tracer
from lambdas.on_watch_due.logic import look
from lambdas.settings import Settings, read_settings
from shared.errors import TerminalError
from shared.events import BECAME_LATE, EVENT_SOURCE, LateTable, TablesLate, WatchDue
from shared.freshness import CHECK_INTERVAL
from shared.metrics import TABLES_LATE
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.freshness import TableAge

# A schedule may fire late; better to report a table twice than not at all.
SLACK = timedelta(minutes=2)


class Variables(Settings):
    """The settings of the function; ARNs and names of machines are joined by commas."""

    env: str = Field(alias=Variable.ENV)
    lake_root: str = Field(alias=Variable.LAKE_ROOT)
    machine_arns: str = Field(alias=Variable.MACHINE_ARNS)
    scheduled_machines: str = Field(alias=Variable.SCHEDULED_MACHINES)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> list[dict[str, Any]]:
    """Answer with the tables that are late.

    Raises:
        TerminalError: the event has no time, or the event bus did not take the announcement.
    """
    now = read_event(WatchDue, event, mend=SENT_BY_AWS).time
    variables = read_settings(Variables)
    arns, scheduled = variables.machine_arns.split(","), variables.scheduled_machines.split(",")
    found = look(boto3.client("stepfunctions"), arns, scheduled, variables.lake_root, now)
    late = [f for f in found if f.is_late(now)]
    count(variables.env, {TABLES_LATE: len(late)})
    answer = [_late_table(f).model_dump(mode="json") for f in late]
    logger.info("freshness looked at", extra={"tables": len(found), "late": answer})
    _announce(variables.env, [_late_table(f) for f in late if not f.was_late(now - CHECK_INTERVAL - SLACK)])
    return answer


def _late_table(late: TableAge) -> LateTable:
    return LateTable(table=late.promise.table, promised_seconds=late.promise.seconds, as_of=late.as_of)


def _announce(env: str, late: list[LateTable]) -> None:
    if not late:
        return
    detail = TablesLate(env=env, tables=tuple(late)).model_dump_json()
    entry = {"Source": EVENT_SOURCE, "DetailType": BECAME_LATE, "Detail": detail}
    answer = boto3.client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise TerminalError("the event bus did not take which tables are late", given=str(answer["Entries"]))
