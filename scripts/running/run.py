"""One run of a machine on this computer, from its request to its page in the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scripts.local.executions import Status as ExecutionStatus
from scripts.running.progress import Progress
from shared.errors import StepFailedError
from shared.ledger import RunRecord
from shared.names import Machine, run_location

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rich.console import Console

    from scripts.running.local_lake import LocalLake
    from shared.jobs import Window


def new_run_id(machine: str, now: datetime | None = None) -> str:
    """A name for a run that sorts by time."""
    return f"{machine.replace('_', '-')}-{(now or datetime.now(UTC)):%Y%m%dT%H%M%S%f}"[:-3]


def request(select: Sequence[str], business_date: date | None, window: Window | None = None) -> dict[str, object]:
    """The machine's input for a request; `{}` is the ordinary run."""
    given: dict[str, object] = {}
    if select:
        given["tables"] = list(select)
    if business_date:
        given["business_date"] = business_date.isoformat()
    if window:
        given["window"] = window.model_dump(mode="json")
    return given


def run_machine(
    lake: LocalLake, machine: Machine, given: dict[str, object], console: Console
) -> tuple[RunRecord, str | None]:
    """Run a machine to its end, and return the ledger's page of the run and, if it is red, why.

    An interruption stops the execution and its job runs; the lake stays as the last commits left it.

    Raises:
        StepFailedError: the run ended before it could be recorded.
    """
    run_id = new_run_id(machine)
    execution = lake.start(machine, given, run_id)
    try:
        follow(lake, execution, console)
    except KeyboardInterrupt:
        lake.account.stop(execution)
        raise
    outcome = lake.account.wait(execution)
    cause = None if outcome.status is ExecutionStatus.SUCCEEDED else f"{outcome.error}: {outcome.cause}"
    page = lake.root / run_location("", run_id).lstrip("/")
    if not page.exists():
        raise StepFailedError(f"run {run_id} ended {outcome.status}", given=cause or "", mend=f"read {lake.root}/logs")
    return RunRecord.model_validate(json.loads(page.read_text())), cause


def follow(lake: LocalLake, execution: str, console: Console) -> None:
    """Show the progress of an execution until its end."""
    with Progress(console, lake.root / "logs" / "driver.log") as progress:
        for event in lake.account.events(execution):
            progress.show(event)
