"""Judges the steps of a run by the summaries they left."""

from __future__ import annotations

from pydantic import ValidationError

from lambdas.lake_files import read_if_there
from shared.errors import SummaryError
from shared.events import RunVerdict, StepsFinished
from shared.jobs import Colour, Step
from shared.names import summary_location
from shared.summaries import FIRST_FAILURES, StepSummary


def judge(finished: StepsFinished, lake_root: str) -> RunVerdict:
    """Combine the steps' summaries into a verdict; a missing one, or one of another job run, makes it red.

    Args:
        finished: The steps to judge and the attempts to judge them by.
        lake_root: `s3://...` or a folder.
    """
    summaries: list[StepSummary] = []
    problems = list(finished.crashes)
    for step in finished.steps:
        try:
            summaries.append(read_summary(finished, step, lake_root))
        except SummaryError as error:
            problems.append(str(error))
    problems += [f"{summary.step}: {failure}" for summary in summaries for failure in summary.failures]
    green = not problems and all(summary.colour is Colour.GREEN for summary in summaries)
    return RunVerdict(
        colour=Colour.GREEN if green else Colour.RED,
        open=len(summaries) == len(finished.steps),
        failed=tuple(problems[:FIRST_FAILURES]),
        counts={summary.step: summary.tables for summary in summaries},
    )


def read_summary(finished: StepsFinished, step: Step, lake_root: str) -> StepSummary:
    """Read the summary that one step left.

    Raises:
        SummaryError: the step did not run, or left no summary, or one that is not of this attempt.
    """
    attempt = finished.attempts.get(step)
    if attempt is None:
        raise SummaryError(f"{step}: the step did not come to its end")
    location = summary_location(lake_root, finished.run_id, step, attempt)
    page = read_if_there(location)
    if page is None:
        raise SummaryError("a step left no summary", given=f"nothing at {location}")
    try:
        summary = StepSummary.model_validate_json(page)
    except ValidationError as error:
        raise SummaryError(f"{step}: its summary cannot be read", given=location) from error
    expected = (finished.run_id, step, attempt)
    if (summary.run_id, summary.step, summary.attempt) != expected:
        raise SummaryError(f"{step}: its summary is another job run's", given=location, expected="/".join(expected))
    return summary
