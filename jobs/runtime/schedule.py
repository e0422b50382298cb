"""Works on several tables at once, each after those it depends on; a failure affects only dependent tables."""

from __future__ import annotations

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from jobs.runtime.failures import failure_of, frames_of
from shared.jobs import OUTCOME_MARK, Status, TableOutcome
from shared.step_tables import KIND_OF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shared.contracts import Table
    from shared.jobs import Job
    from shared.serving import Target

log = logging.getLogger(__name__)

AT_ONCE = 4


def run_tables(
    tables: Iterable[Table],
    job: Job,
    work: Callable[[Table], TableOutcome],
    failed_before: set[str],
    target: Target | None = None,
) -> list[TableOutcome]:
    """Work on tables concurrently: a step that makes tables takes inputs and parents first, other steps any order.

    Args:
        tables: The step's tables, in dependency order.
        job: The job run.
        work: Works on one table; it may raise any exception.
        failed_before: The tables that failed in earlier steps of the run.
        target: Where the tables are published, in the step that publishes.

    Returns:
        One outcome per table in the order given. A table that depends on a failed one is skipped.
    """
    waiting = list(tables)
    outcomes: dict[str, TableOutcome] = {}
    names = {str(t.name) for t in waiting} if job.step in KIND_OF else set()
    order = [str(t.name) for t in waiting]
    bad = set(failed_before)
    running: dict[Future[TableOutcome], Table] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="table") as pool:
        while waiting or running:
            for table in [t for t in waiting if _is_ready(t, names, outcomes)]:
                waiting.remove(table)
                causes = sorted({str(d) for d in table.depends_on} & bad)
                if causes:
                    outcomes[str(table.name)] = _skipped(table, job, causes, target)
                else:
                    running[pool.submit(_timed, work, table, job, target)] = table
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else (set(), set())
            for future in done:
                name = str(running.pop(future).name)
                outcomes[name] = future.result()
            bad |= {name for name, outcome in outcomes.items() if outcome.is_red and name in names}
    return [outcomes[n] for n in order]


def _is_ready(table: Table, names: set[str], outcomes: dict[str, TableOutcome]) -> bool:
    return all(str(d) in outcomes for d in table.depends_on if str(d) in names)


def _skipped(table: Table, job: Job, causes: list[str], target: Target | None) -> TableOutcome:
    reason = "not touched, because it depends on " + ", ".join(causes)
    return TableOutcome(table=str(table.name), step=job.step, target=target, status=Status.SKIPPED, reason=reason)


def _timed(work: Callable[[Table], TableOutcome], table: Table, job: Job, target: Target | None) -> TableOutcome:
    started = time.monotonic()
    try:
        outcome = work(table)
    except Exception as error:
        # Whatever it is, it must fail this table only.
        failure = failure_of(error, table)
        if table.meets_personal:
            log.error("%s failed in %s: %s\n%s", table.name, job.step, failure.message, frames_of(error))  # noqa: TRY400 - a traceback ends in the error's own words
        else:
            log.exception("%s failed in %s", table.name, job.step)
        facts = {"table": str(table.name), "step": job.step, "target": target}
        outcome = TableOutcome.model_validate(facts | {"status": Status.FAILED, "failure": failure})
    outcome = outcome.model_copy(update={"seconds": round(time.monotonic() - started, 2)})
    log.info("%s%s", OUTCOME_MARK, outcome.model_dump_json())
    return outcome
