"""What `./lake plan` says a run will do with a built table, held against what it does."""

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
    """What the plan says of a table, given the lake and the contracts as they are."""
    catalog = lake.catalog
    there = open_lake(lake.lake_root, catalog)
    plans = {plan.table: plan for plan in plan_against_lake(there, catalog)}
    return kept_tables(catalog, plans, there, business_date)[table]


def assert_as_foretold(kept: NextBuild, outcome: TableOutcome) -> None:
    """A run that came to its end did as the plan had said."""
    if outcome.failure is None:
        done = "skipped" if outcome.status is Status.UNCHANGED else outcome.reason.split()[0].rstrip(":")
        assert kept.next == done, (kept, outcome)
