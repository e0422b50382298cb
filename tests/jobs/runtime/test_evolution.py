"""A contract changes while its table exists: additions and widenings are made; what breaks is refused, or rebuilt."""

import subprocess
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import Row

from jobs.runtime.evolution import evolve
from jobs.runtime.tables import spark_schema
from shared.contracts import Disposition, Kind, Source
from shared.contracts.evolution.as_built import contract_facts
from shared.jobs import Status, Step
from shared.names import Roots, TableName
from shared.places import location_of
from tests.jobs.runtime.test_tables import assert_readable
from tests.support.delta_tables import Written
from tests.support.small_contracts import FILES, contract
from tests.support.small_lake import SmallLake, lease_account
from tests.support.things import column, things

pytestmark = pytest.mark.extra

CUSTOMERS = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
AT_TEN, AT_ELEVEN = datetime.fromisoformat(TEN), datetime.fromisoformat(ELEVEN)
NOTE = "      - {name: note, logicalType: string, physicalType: string, description: Word.}\n"
CHANGED_AT = "      - {name: changed_at, logicalType"
STATE = "      - {name: state, logicalType: string, physicalType: string, description: State.}\n"
ONE = "version: 1.0.0"
TWO = "version: 2.0.0"


@pytest.fixture(scope="module")
def first_day(module_lake):
    module_lake.only(*(name for name in FILES if "stock" not in name))
    module_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    module_lake.land("bronze.shop__orders", ORDERS, f"10,1,5,new,{TEN}", f"11,1,-7,new,{TEN}", f"10,1,6,paid,{ELEVEN}")
    with lease_account():
        ran = module_lake.run("r1")
    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    return module_lake


@pytest.fixture
def shop(first_day, tmp_path, leases):
    """A copy of the first day."""
    return first_day.copied(tmp_path)


def types(lake, table):
    return dict(lake.frame(table).dtypes)


def amend_all(lake, *changes):
    for name, old, new in changes:
        lake.amend(name, old, new)


def test_columns_are_added_and_types_widened_without_a_word_to_readers(shop):
    note = CHANGED_AT.replace("      - {name: changed_at", NOTE + "      - {name: changed_at")
    amend_all(
        shop,
        ("bronze.shop__orders", "      - {name: changed_at, logicalType", note),
        ("silver.orders", CHANGED_AT, note),
        ("silver.orders", "decimal(12,2)", "decimal(14,2)"),
        ("gold.totals", "decimal(22,2)", "decimal(24,2)"),
        ("gold.totals", "        logicalType: integer\n        physicalType: bigint\n        required: true",
         "        logicalType: integer\n        physicalType: bigint"),
    )  # fmt: skip
    shop.land("bronze.shop__orders", ORDERS + ",note", f"12,1,999999999999.5,new,{TEN},late")
    ran = shop.run("r2")
    assert {Status.SUCCEEDED, Status.UNCHANGED} == {o.status for o in ran.outcomes.values()}
    assert [
        (10, 1, Decimal("6.00"), "paid", None, AT_ELEVEN),
        (12, 1, Decimal("999999999999.50"), "new", "late", AT_TEN),
    ] == shop.rows("silver.orders")
    assert ("decimal(14,2)", "decimal(24,2)") == (
        types(shop, "silver.orders")["amount_eur"],
        types(shop, "gold.totals")["amount_eur"],
    )
    # The rows of earlier batches stay, and so do their counts: nothing is read twice.
    assert {"read": 1, "inserted": 1} == ran.books("silver.orders")
    assert [2, 2] == [ran.outcomes[t].sequence for t in ("bronze.shop__orders", "silver.orders")]
    assert [(1, "Ann", 2, Decimal("1000000000005.50"))] == shop.rows("gold.totals")
    for table in ("bronze/shop__orders", "silver/orders", "gold/totals"):
        assert_readable(shop.root / shop.place / table)

    versions = shop.versions()
    ran = shop.run("r3")
    assert {Status.UNCHANGED} == {o.status for o in ran.outcomes.values()}
    assert versions == shop.versions()


@pytest.mark.parametrize(
    "old, new, told",
    [
        pytest.param(STATE, "",
                     "column dropped state from string", id="dropped"),
        pytest.param("decimal(12,2)", "decimal(10,2)", "type changed amount_eur from decimal(12,2)", id="narrowed"),
        pytest.param("{name: state, logicalType: string, physicalType: string,",
                     "{name: state, logicalType: string, physicalType: string, required: true,",
                     "made required state", id="required"),
        pytest.param("value: [changed_at]", "value: [changed_at, order_id]", "sequenceBy changed from changed_at",
                     id="sequenceBy"),
    ],
)  # fmt: skip
def test_what_breaks_readers_is_refused_until_the_version_says_so(shop, old, new, told):
    shop.amend("silver.orders", old, new)
    versions = shop.versions()
    failed = shop.run("r2", (Step.REFINE,), tables=("silver.orders",)).outcomes["silver.orders"].failure
    assert ("ContractError", False) == (failed.error, failed.retryable)
    assert f"given: {told}, in version 1.0.0 after 1.0.0" in failed.message
    assert "raise the version to 2.0.0: the table is then rebuilt from all rows of its input" in failed.message
    assert versions == shop.versions()


def test_a_raised_version_alone_makes_a_table_anew(shop):
    """As when a rule was changed one version before, and is now to apply to the earlier rows too."""
    shop.amend("silver.orders", "WHERE amount_eur < 0", "WHERE amount_eur < -10")
    assert Status.UNCHANGED is shop.run("r2").outcomes["silver.orders"].status
    for name in ("silver.orders", "gold.totals"):
        shop.amend(name, ONE, TWO)
    ran = shop.run("r3")
    assert {"read": 3, "inserted": 2, "superseded": 1} == ran.books("silver.orders")
    assert "rebuilt: its contract has a new major version" == ran.outcomes["gold.totals"].reason
    assert [10, 11] == [row[0] for row in shop.rows("silver.orders")]
    assert [] == shop.refused("silver.orders")
    assert Status.UNCHANGED is shop.run("r4").outcomes["silver.orders"].status


def test_a_new_major_version_makes_a_table_anew_as_if_it_had_always_been_so(shop):
    changes = (
        ("silver.orders", ONE, TWO),
        ("silver.orders", "      - name: amount_eur", "      - name: amount"),
        ("silver.orders", "        physicalType: decimal(12,2)", """\
        physicalType: decimal(10,1)
        transformLogic: amount_eur
        customProperties: [{property: renamedFrom, value: amount_eur}]"""),
        ("silver.orders", "WHERE amount_eur < 0", "WHERE amount < 0 OR amount > 5.5"),
        ("silver.orders", "WHERE amount_eur > 1000", "WHERE amount > 1000"),
        ("silver.orders", STATE, ""),
        ("gold.totals.sql", "SUM(o.amount_eur)", "SUM(o.amount)"),
        ("gold.totals", "decimal(22,2)", "decimal(20,1)"),
        ("gold.totals", ONE, TWO),
    )  # fmt: skip
    amend_all(shop, *changes)
    ran = shop.run("r2")
    assert {Status.SUCCEEDED, Status.UNCHANGED} == {o.status for o in ran.outcomes.values()}
    assert {"read": 3, "inserted": 1, "quarantined": 2} == ran.books("silver.orders")

    fresh = SmallLake(shop.root, shop.spark, files=dict(shop.files), place="fresh")
    fresh.run("r2")
    for table in ("silver.orders", "gold.totals"):
        assert fresh.rows(table) == shop.rows(table)
        assert types(fresh, table) == types(shop, table)
    # Batch numbers continue; otherwise the quarantine equals that of a table that always had this contract.
    assert [row[1:] for row in fresh.refused("silver.orders")] == [row[1:] for row in shop.refused("silver.orders")]
    assert {2} == {row[0] for row in shop.refused("silver.orders")}

    ran = shop.run("r3")
    assert {Status.UNCHANGED} == {o.status for o in ran.outcomes.values()}


ORDERS_BUILT = """\
      - {name: order_id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Number.}
      - {name: customer_id, logicalType: integer, physicalType: bigint, description: Buyer.}
      - {name: amount_eur, logicalType: number, physicalType: "decimal(12,2)", description: "Amount, EUR."}
      - {name: state, logicalType: string, physicalType: string, description: State.}
"""
ORDERS_SQL = """\
SELECT CAST(order_id AS BIGINT) AS order_id,
       MAX_BY(CAST(customer_id AS BIGINT), changed_at) AS customer_id,
       MAX_BY(CAST(amount_eur AS DECIMAL(12, 2)), changed_at) AS amount_eur,
       MAX_BY(state, changed_at) AS state
FROM   bronze.shop__orders
GROUP BY CAST(order_id AS BIGINT)
"""


def test_a_refined_table_becomes_a_built_one_and_is_refined_again(shop):
    refined, name = shop.files["silver.orders"], "silver.orders"
    rows = shop.rows(name)
    built = contract(name, ORDERS_BUILT, {"writeDisposition": "refresh"}).replace(ONE, TWO)
    shop.files |= {name: built, "silver.orders.sql": ORDERS_SQL}
    shop._catalog = None
    ran = shop.run("r2")
    assert {Status.SUCCEEDED, Status.UNCHANGED} == {o.status for o in ran.outcomes.values()}
    assert "rebuilt: its contract has a new major version" == ran.outcomes[name].reason
    # Nobody refuses the negative one any more.
    assert [(10, 1, Decimal("6.00"), "paid"), (11, 1, Decimal("-7.00"), "new")] == shop.rows(name)
    assert Status.UNCHANGED is shop.run("r3").outcomes[name].status

    del shop.files["silver.orders.sql"]
    shop.files[name] = refined.replace(ONE, "version: 3.0.0")
    shop._catalog = None
    assert {"read": 3, "inserted": 1, "superseded": 1, "quarantined": 1} == shop.run("r4").books(name)
    assert rows == shop.rows(name)


def test_a_landed_table_is_rewritten_and_loses_no_value(shop):
    name = "bronze.shop__customers"
    renamed = "{name: full_name, customProperties: [{property: renamedFrom, value: name}],"
    amend_all(shop, (name, "{name: name,", renamed), ("silver.customers", "trim(name)", "trim(full_name)"))
    failed = shop.run("r2", (Step.INGEST,)).outcomes[name].failure
    assert "given: column renamed full_name from name, in version 1.0.0 after 1.0.0" in failed.message
    # Nor is it done by a lower version, which is told of one that is taken.
    shop.amend(name, ONE, "version: 0.9.0")
    failed = shop.run("r2", (Step.INGEST,)).outcomes[name].failure
    assert "in version 0.9.0 after 1.0.0" in failed.message
    assert "raise the version to 2.0.0:" in failed.message
    shop.amend(name, "version: 0.9.0", TWO)
    shop.land(name, "customer_id,full_name,changed_at", f"2,Bob,{TEN}")
    shop.run("r3", (Step.INGEST, Step.REFINE))
    assert [("1", "Ann", TEN), ("2", "Bob", TEN)] == shop.rows(name)
    assert [1, 2] == [r["_sequence"] for r in shop.frame(name).orderBy("customer_id").collect()]
    assert [(1, "Ann", AT_TEN), (2, "Bob", AT_TEN)] == shop.rows("silver.customers")


def test_another_cursor_is_read_from_the_start_though_the_run_that_first_saw_it_died(spark, tmp_path):
    """The rewrite is a commit of its own, followed by the batch that reads the source again."""
    shop = Source(system="shop", type="snowflake", object="things", cursor="made_at")
    facts = {"name": TableName.parse("bronze.things"), "kind": Kind.INGESTED, "disposition": Disposition.APPEND}
    old = things(column("key", "bigint"), column("word"), column("made_at"), source=shop, **facts)
    columns = (column("key", "bigint"), column("made_at"), column("seen_at"))
    new = things(*columns, version="2.0.0", source=replace(shop, cursor="seen_at"), **facts)
    roots = Roots(str(tmp_path), str(tmp_path))
    table = Written(spark, location_of(roots, old), flow=str(old.name))

    def write(session, location):
        row = Row(key=1, word="a", made_at="1", _ingested_at=AT_TEN, _run_id="r1", _sequence=1)
        row = Row(**row.asDict(), _source_position="p", _rescued="")
        session.createDataFrame([row], spark_schema(old)).write.format("delta").mode("append").save(location)

    table.commit(write, replace(table.batch(), contract=contract_facts(old)))
    first, again = (evolve(spark, new, roots, table.lease) for _ in range(2))
    table.commit(write_nothing_of(new), replace(table.batch(), contract=contract_facts(new)))

    assert (True, True, False) == (
        first.is_reread,
        again.is_reread,
        evolve(spark, new, roots, table.lease).is_reread,
    )
    assert ["key", "made_at", "seen_at"] == table.frame().columns[:3]


def test_a_table_that_becomes_a_snapshot_is_read_whole_before_its_last_batch_is_taken_for_all(small_lake):
    lake, bronze, silver = small_lake, "bronze.shop__customers", "silver.customers"
    steps = (Step.INGEST, Step.REFINE)
    lake.only(bronze, silver)
    lake.land(bronze, CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}")
    lake.run("r1", steps)
    lake.land(bronze, CUSTOMERS, f"1,Anna,{ELEVEN}", f"2,Bob,{TEN}")
    assert {"read": 1, "updated": 1} == lake.run("r2", steps).books(silver)

    amend_all(lake, (bronze, "value: append", "value: snapshot"), (silver, "value: merge", "value: snapshot"))
    amend_all(lake, (bronze, ONE, TWO), (silver, ONE, TWO))
    failed = lake.run("r3", (Step.REFINE,), (silver,)).outcomes[silver].failure
    assert ("PositionLostError", False) == (failed.error, failed.retryable)
    assert (
        f"{bronze} has not been read as a snapshot yet; given: its last batch is of writeDisposition append, and"
        f" {silver} would lose all other rows; expected: a batch with all rows of its source;"
        f" to fix: run {bronze} first: --select +{silver}"
    ) in failed.message

    ran = lake.run("r4", steps)
    assert [{"read": 2, "inserted": 2}] * 2 == [ran.books(bronze), ran.books(silver)]
    assert [(1, "Anna", AT_ELEVEN), (2, "Bob", AT_TEN)] == lake.rows(silver)
    assert {Status.UNCHANGED} == {o.status for o in lake.run("r5", steps).outcomes.values()}


def write_nothing_of(table):
    def write(session, location):
        session.createDataFrame([], spark_schema(table)).write.format("delta").mode("append").save(location)

    return write


def test_a_table_that_a_classification_puts_elsewhere_is_refused_until_it_was_moved_and_then_goes_on(shop):
    bronze, steps = "bronze.shop__orders", (Step.INGEST, Step.REFINE)
    personal = NOTE.replace("name: note,", "name: note, classification: restricted,")
    shop.amend(bronze, CHANGED_AT, NOTE + CHANGED_AT)
    expired = shop.land(bronze, ORDERS + ",note", f"12,1,3,new,{TEN},old word", "13,1")
    shop.run("r2", steps)
    expired.unlink()
    rows = [("10", "1", "5", "new", None, TEN), ("10", "1", "6", "paid", None, ELEVEN)]
    rows += [("11", "1", "-7", "new", None, TEN), ("12", "1", "3", "new", "old word", TEN)]
    refused = shop.refused(bronze)
    assert (rows, 1) == (shop.rows(bronze), len(refused))

    turns = ((NOTE, personal, "personal data"), (personal, NOTE, "no personal data"))
    for number, (before, after, holds) in enumerate(turns, start=14):
        old, old_quarantine = shop.location(bronze), shop.quarantine_location(bronze)
        shop.amend(bronze, before, after)
        new, new_quarantine = shop.location(bronze), shop.quarantine_location(bronze)
        shop.land(bronze, ORDERS + ",note", f"{number},1,4,new,{TEN},word")
        versions = shop.versions()
        failure = shop.run(f"r{number}", (Step.INGEST,), tables=(bronze,)).outcomes[bronze].failure
        told, _, commands = failure.message.partition(", and run again once that has ended: ")
        assert ("ContractError", False) == (failure.error, failure.retryable)
        assert told.endswith(
            f":1: the classification of {bronze} puts the table in another place; given: its rows lie at {old};"
            f" expected: them at {new}, since the contract says that they hold {holds};"
            " to fix: move it while no run is at work"
        )
        assert versions == shop.versions()

        # The commands in the error are run as they are.
        subprocess.run(commands, shell=True, check=True)  # noqa: S602 - a person would paste them
        assert [False, False, True] == [Path(p).exists() for p in (old, old_quarantine, new_quarantine)]
        ran = shop.run(f"r{number}", steps)
        rows.append((str(number), "1", "4", "new", "word", TEN))
        assert [{"read": 1, "inserted": 1}] * 2 == [ran.books(bronze), ran.books("silver.orders")]
        assert (rows, refused) == (shop.rows(bronze), shop.refused(bronze))
    assert [
        (10, 1, Decimal("6.00"), "paid", AT_ELEVEN),
        (12, 1, Decimal("3.00"), "new", AT_TEN),
        (14, 1, Decimal("4.00"), "new", AT_TEN),
        (15, 1, Decimal("4.00"), "new", AT_TEN),
    ] == shop.rows("silver.orders")
