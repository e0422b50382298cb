"""A table is as new as the last run that brought it and all it depends on up to date."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.contracts import load_catalog
from shared.freshness import ages, deciding, promises
from shared.jobs import Colour, Status, Step, TableOutcome
from shared.ledger import FreshnessPromise, RunRecord
from shared.names import Machine

BRONZE, SILVER, GOLD = "bronze.shop__orders", "silver.orders", "gold.totals"
STEPS = {"bronze": Step.INGEST, "silver": Step.REFINE, "gold": Step.BUILD}
HOUR = 3600
PROMISE = FreshnessPromise(table=GOLD, seconds=26 * HOUR, upstream=(BRONZE, SILVER))
OF_SOURCE = FreshnessPromise(table=BRONZE, seconds=2 * HOUR, cursor="changed_at")


def at(day, hour=0):
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def run(day, *names, cursor="", other=None, **facts):
    """A run that ended at 4 in the morning and brought tables up to date; `other` are further outcomes."""
    outcomes = [TableOutcome(table=n, step=STEPS[n.partition(".")[0]], status=Status.SUCCEEDED) for n in names]
    outcomes = [o.model_copy(update={"cursor": cursor}) if o.table == BRONZE else o for o in outcomes]
    return RunRecord(
        run_id=f"run-{day}",
        env="prod",
        business_date=date(2026, 1, day),
        colour=Colour.GREEN,
        finished_at=f"2026-01-{day:02}T06:00:00+02:00",
        outcomes=(*outcomes, *(other or ())),
        versions=(),
        **facts,
    )


def outcome(table, status, step=None):
    return TableOutcome(table=table, step=step or STEPS[table.partition(".")[0]], status=status)


@pytest.mark.parametrize(
    "runs, as_of",
    [
        pytest.param([run(1, BRONZE, SILVER, GOLD)], at(1, 4), id="one run"),
        pytest.param([run(1, BRONZE, SILVER, GOLD), run(2, BRONZE, SILVER, GOLD)], at(2, 4), id="the last of two"),
        pytest.param([run(2, BRONZE, SILVER, GOLD), run(1, BRONZE, SILVER, GOLD)], at(2, 4), id="in any order"),
        pytest.param([run(1, BRONZE, SILVER, GOLD), run(2, GOLD)], at(1, 4), id="gold alone makes nothing newer"),
        pytest.param([run(1, BRONZE), run(2, SILVER), run(3, GOLD)], at(1, 4), id="as new as its oldest input"),
        pytest.param([run(1, BRONZE, SILVER, GOLD), run(2, BRONZE, SILVER)], at(1, 4), id="its own step was not made"),
        pytest.param([run(1, SILVER, GOLD)], None, id="an input that no run has read"),
        pytest.param([], None, id="no run"),
        pytest.param(
            [run(1, BRONZE, SILVER, GOLD), run(2, BRONZE, SILVER, other=[outcome(GOLD, Status.UNCHANGED)])],
            at(2, 4),
            id="nothing new is up to date",
        ),
        *[
            pytest.param(
                [run(1, BRONZE, SILVER, GOLD), run(2, SILVER, GOLD, other=[outcome(BRONZE, status)])],
                at(1, 4),
                id=status,
            )
            for status in (Status.FAILED, Status.SKIPPED)
        ],
        *[
            pytest.param(
                [run(1, BRONZE, SILVER, GOLD), run(2, BRONZE, SILVER, other=[outcome(GOLD, Status.SUCCEEDED, step)])],
                at(1, 4),
                id=f"{step} makes nothing new",
            )
            for step in (Step.PUBLISH, Step.RECONCILE, Step.MAINTAIN)
        ],
        pytest.param(
            [run(1, BRONZE, SILVER, GOLD), run(2, BRONZE, SILVER, GOLD, reads_again=True)], at(1, 4), id="a backfill"
        ),
    ],
)
def test_a_table_is_as_of_the_run_that_brought_all_of_it_up_to_date(runs, as_of):
    [found] = ages([PROMISE], runs)

    assert (PROMISE, as_of) == (found.promise, found.as_of)
    assert found.is_late(at(9)) is True
    if as_of:
        assert [False, True] == [found.is_late(as_of + timedelta(hours=26, seconds=s)) for s in (0, 1)]


@pytest.mark.parametrize(
    "cursor, as_of",
    [
        pytest.param("2026-01-02 03:30:00.5", at(2, 3) + timedelta(minutes=30, seconds=0.5), id="Spark's text"),
        pytest.param("2026-01-02T03:30:00+02:00", at(2, 1) + timedelta(minutes=30), id="a zone of its own"),
        pytest.param("2026-01-02", at(2), id="a day"),
        pytest.param("", None, id="nothing read yet"),
    ],
)
def test_a_source_is_as_of_the_greatest_value_read(cursor, as_of):
    runs = [run(1, BRONZE, cursor="2026-01-01 00:00:00"), run(3, BRONZE, cursor=cursor)]

    assert [as_of] == [f.as_of for f in ages([OF_SOURCE], runs)]


@pytest.mark.examples
def test_promises_are_those_of_the_contracts_with_all_that_a_table_depends_on():
    catalog = load_catalog()
    found = {p.table: p for p in promises(catalog)}

    assert {n for n, t in catalog.tables.items() if t.freshness} == found.keys()
    revenue = found["gold.daily_revenue"]
    upstream = set(revenue.upstream)
    assert 30 * HOUR == revenue.seconds
    assert {"gold.sales_fact", "silver.orders", "bronze.snowflake__orders", "bronze.ecb__fx_rates"} < upstream
    assert not {name for name in upstream if "salesforce" in name}
    daily, hourly = Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION
    assert [(daily,), (hourly,), (daily, hourly)] == [
        found[name].machines for name in ("gold.daily_revenue", "silver.tasks", "silver.deals")
    ]


def test_no_run_is_read_that_decides_nothing():
    newest_first = [run(5, GOLD), run(4, SILVER), run(3, BRONZE, SILVER, GOLD), run(2, BRONZE)]
    found = list(deciding([PROMISE], newest_first))
    assert newest_first[:3] == found
    assert ages([PROMISE], newest_first) == ages([PROMISE], found)
    assert newest_first == list(deciding([PROMISE, OF_SOURCE.model_copy(update={"table": "bronze.x"})], newest_first))
