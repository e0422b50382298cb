"""The summary of a step of a run, which a state machine carries."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from shared.jobs import Colour, Job, Status, Step, TableOutcome

SUMMARY_LIMIT_BYTES = 32 * 1024
FIRST_FAILURES = 20
FAILURE_CHARACTERS = 500
# The rest of a summary stays far below 2 KiB.
FAILURES_LIMIT_BYTES = SUMMARY_LIMIT_BYTES - 2 * 1024


class StepSummary(BaseModel):
    """The summary of a step, small enough for a state machine to carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    step: Step
    attempt: str
    colour: Colour
    tables: dict[Status, int]
    failures: tuple[str, ...] = ()

    @classmethod
    def of(cls, job: Job, outcomes: list[TableOutcome]) -> StepSummary:
        """Count outcomes by status and keep the first failures, each cut short, as far as they fit."""
        red = [o for o in outcomes if o.is_red]
        failures = [f"{o.what}: {o.failure.message if o.failure else o.reason}" for o in red]
        return cls(
            run_id=job.run_id,
            step=job.step,
            attempt=job.attempt,
            colour=Colour.RED if red else Colour.GREEN,
            tables={s: sum(o.status is s for o in outcomes) for s in Status},
            failures=_fitting(f[:FAILURE_CHARACTERS] for f in failures[:FIRST_FAILURES]),
        )


def _fitting(texts: Iterable[str]) -> tuple[str, ...]:
    """The first texts that together stay within the limit, as JSON in UTF-8."""
    room = FAILURES_LIMIT_BYTES
    kept = []
    for text in texts:
        room -= len(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass")) + 1
        if room < 0:
            break
        kept.append(text)
    return tuple(kept)
