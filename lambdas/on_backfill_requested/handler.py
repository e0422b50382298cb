"""Cuts the period of a requested backfill into windows, and names the run of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.events import read_event
from lambdas.observability import logger, tracer
from shared.backfill import BackfillAccepted, BackfillRequested, window_runs

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MEND = "start the machine again with from, to and every, and an execution's name of 76 characters at most"


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with a BackfillAccepted.

    Raises:
        TerminalError: the input of the machine is wrong.
        WindowError: the period cannot be cut into such windows, or there would be too many.
    """
    requested = read_event(BackfillRequested, event, mend=MEND)
    request, execution = requested.request, requested.execution
    accepted = BackfillAccepted(
        machine=request.machine,
        tables=request.tables,
        business_date=request.business_date or execution.started_on,
        windows=window_runs(execution.name, request.windows),
    )
    logger.info("backfill accepted", extra={"backfill": execution.name, "windows": len(accepted.windows)})
    return accepted.model_dump(mode="json")
