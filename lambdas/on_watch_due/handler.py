"""It is time to look after the lake: counts the tables that are late, and tells of those that have become so."""

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
from shared.freshness import LOOKED_AT_EVERY
from shared.metrics import TABLES_LATE
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.freshness import TableAge

# A schedule is late at times: rather two words about a table than none.
SLACK = timedelta(minutes=2)


class Variables(Settings):
    """What the function is given; the ARNs are joined by commas."""

    env: str = Field(alias=Variable.ENV)
    lake_root: str = Field(alias=Variable.LAKE_ROOT)
    machine_arns: str = Field(alias=Variable.MACHINE_ARNS)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> list[dict[str, Any]]:
    """Answer with the tables that are late.

    Raises:
        TerminalError: the event has no time, or the event bus did not take what there was to tell.
    """
    now = read_event(WatchDue, event, mend=SENT_BY_AWS).time
    variables = read_settings(Variables)
    found = look(boto3.client("stepfunctions"), variables.machine_arns.split(","), variables.lake_root, now)
    late = [f for f in found if f.is_late(now)]
    count(variables.env, {TABLES_LATE: len(late)})
    answer = [_told(f).model_dump(mode="json") for f in late]
    logger.info("freshness looked at", extra={"tables": len(found), "late": answer})
    _tell(variables.env, [_told(f) for f in late if not f.was_late(now - LOOKED_AT_EVERY - SLACK)])
    return answer


def _told(late: TableAge) -> LateTable:
    return LateTable(table=late.promise.table, promised_seconds=late.promise.seconds, as_of=late.as_of)


def _tell(env: str, late: list[LateTable]) -> None:
    if not late:
        return
    detail = TablesLate(env=env, tables=tuple(late)).model_dump_json()
    entry = {"Source": EVENT_SOURCE, "DetailType": BECAME_LATE, "Detail": detail}
    answer = boto3.client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise TerminalError("the event bus did not take which tables are late", given=str(answer["Entries"]))
