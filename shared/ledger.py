"""The ledger's pages: one for each run, with all that its steps did and the version of every table at its end."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.jobs import Colour, Step, TableOutcome
from shared.names import Machine


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TableVersion(_Record):
    """The Delta version of a table, and of its companions, at the end of a run.

    Pages of earlier releases have no `table_id` and no `beside`.

    Attributes:
        table: The full name.
        version: The version; None of a table that did not exist.
        rows: None in every page: rows are not counted.
        table_id: Tells the table from one that is made at its location later.
        beside: The versions of its companions, by what they are.
    """

    table: str
    version: int | None
    rows: int | None = None
    table_id: str | None = None
    beside: dict[str, int] | None = None


class FreshnessPromise(_Record):
    """How old a table may be by its contract.

    Attributes:
        table: The full name.
        seconds: The greatest age.
        cursor: The column of the source whose greatest value counts; None if the last successful run does.
        upstream: The tables it depends on, directly or through others.
        machines: Those that read it and its upstream; the promise holds while all their schedules are on. Pages of
            earlier releases name none.
    """

    table: str
    seconds: int
    cursor: str | None = None
    upstream: tuple[str, ...] = ()
    machines: tuple[Machine, ...] = ()


class RunRecord(_Record):
    """The ledger's page for one run: `<lake_root>/runs/<run_id>/run.json`. A run is one version of the whole lake.

    Attributes:
        run_id: The run.
        env: The environment.
        business_date: Its business date.
        colour: Red if a step is missing, or a table failed or was skipped.
        finished_at: When it ended.
        outcomes: Everything the steps did, in order.
        missing_steps: The steps that left no outcomes: their job run crashed, or was not started.
        versions: The version of every table at its end.
        promises: The freshness that its contracts promised.
        reads_again: Whether it read a part of the past or refused rows again; then it does not say how new tables are.
    """

    run_id: str
    env: str
    business_date: date
    colour: Colour
    finished_at: str
    outcomes: tuple[TableOutcome, ...]
    missing_steps: tuple[Step, ...] = ()
    versions: tuple[TableVersion, ...]
    promises: tuple[FreshnessPromise, ...] = ()
    reads_again: bool = False
