"""What a run cost on EMR Serverless, and each of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.config import environment_names, load_environment

if TYPE_CHECKING:
    from scripts.looking.runs import Run
    from shared.jobs import Step
    from shared.usage import JobRunUsage, Prices


def cost_of_run(run: Run) -> float | None:
    """What all its job runs cost, USD; None where no usage was recorded, or the environment has no file any more."""
    costs = [cost_of_job_run(usage) for usage in run.usages]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def cost_of_job_run(usage: JobRunUsage) -> float | None:
    """What one job run costs at its environment's prices, USD."""
    prices = _prices(usage.env)
    return None if prices is None else usage.cost(prices)


def costs_of_tables(run: Run) -> dict[tuple[Step, str], float]:
    """What each table, by `TableOutcome.what`, cost in each step, USD.

    Of the step's job runs it is the table's share of the seconds of the step's tables. Start-up, idle workers and
    attempts that were made again are so shared out too. The step that records the run has no tables, so that these add
    up to less than the run.
    """
    found: dict[tuple[Step, str], float] = {}
    for step in {usage.step for usage in run.usages}:
        costs = [cost_of_job_run(usage) for usage in run.usages if usage.step is step]
        outcomes = [outcome for outcome in run.outcomes if outcome.step is step]
        seconds = sum(outcome.seconds for outcome in outcomes)
        if seconds and None not in costs:
            total = sum(cost for cost in costs if cost is not None)
            found |= {(step, outcome.what): total * outcome.seconds / seconds for outcome in outcomes}
    return found


def _prices(env: str) -> Prices | None:
    return load_environment(env).prices if env in environment_names() else None
