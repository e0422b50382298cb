"""Judges steps of a run that ended by the summaries they left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from lambdas.events import SENT_BY_THE_STACK, read_event
from lambdas.observability import count, logger, tracer
from lambdas.on_steps_finished.logic import judge
from lambdas.settings import Settings, read_settings
from shared.events import StepsFinished
from shared.jobs import Status, Step
from shared.metrics import tables_failed
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Variables(Settings):
    """The settings of the function."""

    env: str = Field(alias=Variable.ENV)
    lake_root: str = Field(alias=Variable.LAKE_ROOT)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with a RunVerdict.

    Raises:
        TerminalError: the event is wrong.
    """
    finished = read_event(StepsFinished, event, mend=SENT_BY_THE_STACK)
    variables = read_settings(Variables)
    verdict = judge(finished, variables.lake_root)
    # The steps that are judged at the gate are judged again at the end of the run; they are counted only there.
    if Step.RECORD in finished.steps:
        failed = {tables_failed(step): tables.get(Status.FAILED, 0) for step, tables in verdict.counts.items()}
        count(variables.env, failed)
    logger.info("steps judged", extra={"run_id": finished.run_id, **verdict.model_dump(mode="json")})
    return verdict.model_dump(mode="json")
