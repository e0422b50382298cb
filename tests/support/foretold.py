"""Compares what `./lake plan` predicts for a built table with what a run does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.looking.lake import open_lake
from scripts.planning.kept import NextBuild, kept_tables
from scripts.planning.plan import plan_against_lake
from shared.jobs import Status
from tests.support.small_lake import TODAY

if TYPE_CHECKING:
    from datetime import date

    from shared.jobs import TableOutcome
    from tests.support.small_lake import SmallLake


def foretold(lake: SmallLake, table: str, business_date: date = TODAY) -> NextBuild:
    """The plan's prediction for a table, for the lake and the contracts as they are."""
    catalog = lake.catalog
    there = open_lake(lake.lake_root, catalog)
    plans = {plan.table: plan for plan in plan_against_lake(there, catalog)}
    return kept_tables(catalog, plans, there, business_date)[table]


def assert_as_foretold(kept: NextBuild, outcome: TableOutcome) -> None:
    """Assert that a finished run did what the plan had predicted."""
    if outcome.failure is None:
        done = "skipped" if outcome.status is Status.UNCHANGED else outcome.reason.split()[0].rstrip(":")
        assert kept.next == done, (kept, outcome)
