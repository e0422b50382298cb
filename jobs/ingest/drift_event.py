"""Puts an event on the account's bus when the columns of a source have drifted from its contract."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.ingest.drift import UNKNOWN
from jobs.runtime.aws import aws_answers, client
from shared.errors import LakewrightError
from shared.events import EVENT_SOURCE, SCHEMA_DRIFTED, SchemaDrifted

if TYPE_CHECKING:
    from jobs.runtime.flow import Flow
    from shared.errors import SchemaDriftError

log = logging.getLogger(__name__)


def report_unknown_columns(flow: Flow, drift: dict[str, int]) -> None:
    """Report columns of a batch that its contract does not know, right before the batch lands.

    Nothing is reported when the batch before it had the same ones. A batch that is interrupted and repeated reports
    them a second time.

    Args:
        flow: The table's flow.
        drift: The batch's warnings, as `unknown_columns` gives them.
    """
    known = flow.batch.last.warnings if flow.batch.last else {}
    if set(drift) - set(known):
        _put(flow, unknown={name.removeprefix(f"{UNKNOWN} "): rows for name, rows in drift.items()})


def report_refusal(flow: Flow, error: SchemaDriftError) -> None:
    """Report columns because of which a table could not be read, in every run that fails on them."""
    _put(flow, refused=str(error))


def _put(flow: Flow, *, unknown: dict[str, int] | None = None, refused: str = "") -> None:
    """Put the event on the bus. When the bus fails, the table does not: the run's outcome says the same."""
    source = flow.table.source
    if source is None:
        return
    event = SchemaDrifted(
        env=flow.job.env,
        run_id=flow.job.run_id,
        table=str(flow.table.name),
        system=source.system,
        object=source.object,
        schema_contract=str(source.schema_contract),
        unknown=unknown or {},
        refused=refused,
    )
    entry = {"Source": EVENT_SOURCE, "DetailType": SCHEMA_DRIFTED, "Detail": event.model_dump_json()}
    try:
        with aws_answers("the event bus"):
            answer = client("events").put_events(Entries=[entry])
    except LakewrightError as error:
        log.warning("%s: its drift could not be told: %s", event.table, error)
        return
    if answer["FailedEntryCount"]:
        log.warning("%s: its drift could not be told: %s", event.table, answer["Entries"][0].get("ErrorCode"))
