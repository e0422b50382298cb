"""Steps of a run came to an end: reads what they left, and judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

from lambdas.events import read_event
from lambdas.observability import logger, metrics, tracer
from lambdas.on_steps_finished.logic import judge
from lambdas.settings import Settings, read_settings
from shared.events import StepsFinished, Verdict
from shared.jobs import Status
from shared.metrics import ENVIRONMENT, tables_failed
from shared.names import Variable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Variables(Settings):
    """What the function is given."""

    env: str = Field(alias=Variable.ENV)
    lake_root: str = Field(alias=Variable.LAKE_ROOT)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer with a Verdict.

    Raises:
        TerminalError: the event is wrong.
    """
    finished = read_event(StepsFinished, event)
    variables = read_settings(Variables)
    verdict = judge(finished, variables.lake_root)
    _count(verdict, variables.env)
    logger.info("steps judged", extra={"run_id": finished.run_id, **verdict.model_dump(mode="json")})
    return verdict.model_dump(mode="json")


def _count(verdict: Verdict, env: str) -> None:
    """Send the number of failed tables of each step; Powertools warns of an empty message."""
    if not verdict.counts:
        return
    metrics.add_dimension(name=ENVIRONMENT, value=env)
    for step, counts in verdict.counts.items():
        metrics.add_metric(name=tables_failed(step), unit=MetricUnit.Count, value=counts.get(Status.FAILED, 0))
    metrics.flush_metrics()
