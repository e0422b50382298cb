"""Small files of a run, in the lake's own place: a folder on a laptop, a bucket on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import smart_open
from pydantic import TypeAdapter

from shared.jobs import Job, RunRecord, Step, StepSummary, TableOutcome
from shared.names import outcomes_location, run_location, summary_location

if TYPE_CHECKING:
    from collections.abc import Iterable

OUTCOMES = TypeAdapter(tuple[TableOutcome, ...])


def write_text(location: str, text: str) -> None:
    """Write one small file; its folder is made where folders exist."""
    if "://" not in location:
        Path(location).parent.mkdir(parents=True, exist_ok=True)
    with smart_open.open(location, "w", encoding="utf-8") as file:
        file.write(text)


def leave_outcomes(job: Job, outcomes: list[TableOutcome]) -> StepSummary:
    """Write what a step did: every outcome, then the summary, whose presence says that the step came to its end."""
    summary = StepSummary.of(job, outcomes)
    where = (job.lake_root, job.run_id, job.step, job.attempt)
    write_text(outcomes_location(*where), OUTCOMES.dump_json(tuple(outcomes), indent=1).decode())
    write_text(summary_location(*where), summary.model_dump_json())
    return summary


def earlier_outcomes(job: Job) -> list[TableOutcome]:
    """What the earlier steps of this run did, in order."""
    return [o for step, attempt in _in_order(job.earlier.items()) for o in _outcomes(job, step, attempt)]


def leave_record(job: Job, record: RunRecord) -> None:
    """Write the ledger's page of the run."""
    write_text(run_location(job.lake_root, job.run_id), record.model_dump_json(indent=1))


def _outcomes(job: Job, step: Step, attempt: str) -> tuple[TableOutcome, ...]:
    with smart_open.open(outcomes_location(job.lake_root, job.run_id, step, attempt), encoding="utf-8") as file:
        return OUTCOMES.validate_json(file.read())


def _in_order(items: Iterable[tuple[Step, str]]) -> list[tuple[Step, str]]:
    order = list(Step)
    return sorted(items, key=lambda item: order.index(item[0]))
