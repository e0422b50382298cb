"""What a run cost on EMR Serverless, and each of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.config import environment_names, load_environment

if TYPE_CHECKING:
    from scripts.looking.runs import Run
    from shared.jobs import Step
    from shared.usage import JobRunUsage, Prices


def cost_of_run(run: Run) -> float | None:
    """What all job runs of a run cost, USD; None if no usage was recorded, or an environment no longer has a file."""
    costs = [cost_of_job_run(usage) for usage in run.usages]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def cost_of_job_run(usage: JobRunUsage) -> float | None:
    """What one job run costs at its environment's prices, USD; None if the environment no longer has a file."""
    prices = _prices(usage.env)
    return None if prices is None else usage.cost(prices)


def costs_of_tables(run: Run) -> dict[tuple[Step, str], float]:
    """What each table, by `TableOutcome.what`, cost in each step, USD.

    The cost of a step's job runs is divided among its tables in proportion to their seconds, so that start-up, idle
    workers and failed attempts are divided too. The step that records the run has no tables, so the tables add up to
    less than the run.
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
