"""A contract says by which moment its rows expire; one by which they could come back is refused."""

from datetime import date

import pytest

from shared.contracts import load_catalog
from shared.contracts.retention import Retention
from shared.errors import ContractError
from tests.support.small_contracts import FILES, contract

ORDERS, CUSTOMERS, GONE = "silver.orders", "silver.customers", {"expireRows": "true"}
SEVEN = "retention, value: 7, unit: y, element: orders.changed_at"


@pytest.fixture
def catalog(tmp_path):
    """The contracts of a small shop, some of them changed."""

    def compile_(files):
        for name, text in {**FILES, **files}.items():
            layer, _, table = name.partition(".")
            path = tmp_path / layer / (table if table.endswith(".sql") else f"{table}.odcs.yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load_catalog.__wrapped__(tmp_path)

    return compile_


def asks(text, *promises, **custom):
    """A contract whose rows expire, with some `slaProperties`."""
    more = "".join(f"      - {{property: {k}, value: {v}}}\n" for k, v in (GONE | custom).items())
    return text + more + "slaProperties:\n" + "".join(f"  - {{property: {p}}}\n" for p in promises)


def orders(*promises, old="", new="", **custom):
    return {ORDERS: asks(FILES[ORDERS].replace(old, new) if old else FILES[ORDERS], *promises, **custom)}


@pytest.mark.parametrize(
    "promises, kept",
    [
        pytest.param([SEVEN], Retention(column="changed_at", years=7), id="years"),
        pytest.param(
            ["freshness, value: 1, unit: d", "retention, value: 90, unit: days, element: orders.changed_at"],
            Retention(column="changed_at", days=90),
            id="days",
        ),
    ],
)
def test_retention_is_a_span_by_a_column(catalog, promises, kept):
    assert kept == catalog(orders(*promises)).table(ORDERS).retention


def test_retention_is_only_documented_unless_rows_are_to_expire(catalog):
    words = {ORDERS: FILES[ORDERS] + f"slaProperties:\n  - {{property: {SEVEN}}}\n"}
    assert catalog(words).table(ORDERS).retention is None
    assert catalog(orders(SEVEN, expireRows="false")).table(ORDERS).retention is None


@pytest.mark.parametrize(
    "kept, day, first",
    [
        pytest.param({"years": 7}, date(2026, 11, 27), date(2019, 11, 27), id="years"),
        pytest.param({"years": 1}, date(2024, 2, 29), date(2023, 2, 28), id="a day that the other year has not"),
        pytest.param({"years": 4}, date(2024, 2, 29), date(2020, 2, 29), id="a day that it has"),
        pytest.param({"days": 90}, date(2026, 3, 31), date(2025, 12, 31), id="days"),
    ],
)
def test_first_day_that_is_kept(kept, day, first):
    assert first == Retention(column="c", **kept).horizon(day)


@pytest.mark.parametrize(
    "files, told",
    [
        pytest.param(orders("freshness, value: 1, unit: d"), "needs one retention under slaProperties", id="none"),
        pytest.param(orders(SEVEN, SEVEN), "needs one retention under slaProperties", id="two"),
        pytest.param(orders(SEVEN, expireRows="yes please"), "neither true nor false", id="neither"),
        pytest.param(orders(SEVEN.replace("7", "0")), "no span of time", id="nothing"),
        pytest.param(orders(SEVEN.replace("7", "1.5")), "no span of time", id="half a year"),
        pytest.param(orders(SEVEN.replace("7", "700")), "no span of time", id="too long"),
        pytest.param(orders(SEVEN.replace("unit: y", "unit: m")), "no span of time", id="minutes or months"),
        pytest.param(orders(SEVEN.replace("changed_at", "state")), "by which rows cannot go", id="no moment"),
        pytest.param(orders(SEVEN.replace("orders.", "customers.")), "by which rows cannot go", id="another table's"),
        pytest.param(orders(SEVEN.partition(", element")[0]), "by which rows cannot go", id="no element"),
        pytest.param(
            orders(SEVEN.replace("changed_at", "paid_at"), old="      - {name: state", new=(
                "      - {name: paid_at, logicalType: timestamp, physicalType: timestamp, "
                "transformLogic: changed_at, description: Paid.}\n      - {name: state"
            )),
            "expected: orders.changed_at",
            id="a moment that may go back",
        ),
        pytest.param(
            orders(SEVEN, old="physicalType: timestamp,", new="physicalType: timestamp, transformLogic: _ingested_at,"),
            "about when a row was landed",
            id="the day it was landed",
        ),
        pytest.param(
            {"silver.stock": asks(FILES["silver.stock"], SEVEN.replace("orders", "stock"))},
            "whose rows do not go one by one",
            id="a snapshot",
        ),
        pytest.param(
            {CUSTOMERS: asks(FILES[CUSTOMERS], SEVEN.replace("orders", "customers"), storedAsScdType="2")},
            "whose rows do not go one by one",
            id="a history",
        ),
        pytest.param(
            {"gold.totals": asks(FILES["gold.totals"], SEVEN.replace("orders", "totals"))}, "expireRows", id="built"
        ),
        pytest.param(
            {"bronze.shop__orders": asks(FILES["bronze.shop__orders"], SEVEN.replace("orders", "shop__orders"))},
            "expireRows",
            id="landed",
        ),
    ],
)  # fmt: skip
def test_retention_that_could_not_be_kept_is_refused(catalog, files, told):
    with pytest.raises(ContractError, match=told) as refused:
        catalog(files)
    assert next(iter(files)).rpartition(".")[2] in str(refused.value)


def test_history_over_rows_that_expire_is_refused(catalog):
    versions = contract(
        "gold.order_states",
        """\
      - {name: order_id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Number.}
      - {name: state, logicalType: string, physicalType: string, description: State.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
""",
        {"writeDisposition": "refresh", "sequenceBy": "[changed_at]", "storedAsScdType": "2"},
    )
    query = "SELECT order_id, state, changed_at FROM silver.orders"
    files = {"gold.order_states": versions, "gold.order_states.sql": query}
    assert catalog(files).table("gold.order_states").history
    with pytest.raises(ContractError, match=r"rows that are deleted by age(.|\n)*silver.orders, kept 7 years"):
        catalog(files | orders(SEVEN))


def test_a_table_that_others_point_to_does_not_expire_rows(catalog):
    seven = SEVEN.replace("orders", "customers")
    with pytest.raises(ContractError, match="points to a table whose rows are deleted by age") as refused:
        catalog({CUSTOMERS: asks(FILES[CUSTOMERS], seven)})
    assert "silver/orders.odcs.yaml" in str(refused.value)
    assert "silver.customers, kept 7 years by changed_at" in str(refused.value)


def test_a_table_that_others_refer_to_does_not_let_snapshots_go(catalog):
    refers = "        customProperties: [{property: refersTo, value: bronze.shop__stock.product}]\n"
    changed = FILES["silver.stock"].replace("        primaryKey: true\n", f"        primaryKey: true\n{refers}")
    with pytest.raises(ContractError, match="points to a table whose rows are deleted by age") as refused:
        catalog({**stock("90 days"), "silver.stock": changed})
    assert "to fix: take snapshotRetention from bronze.shop__stock, or the link" in str(refused.value)


def test_landed_rows_expire_only_if_those_of_all_readers_do(catalog):
    landed = catalog(FILES).table("bronze.shop__orders").name
    assert () == catalog(FILES).expiring_readers(landed)
    assert [ORDERS] == [str(t.name) for t in catalog(orders(SEVEN)).expiring_readers(landed)]
    other = FILES[ORDERS].replace("-orders", "-sales").replace("name: orders", "name: sales")
    assert () == catalog({**orders(SEVEN), "silver.sales": other}).expiring_readers(landed)
    query = "SELECT *, amount_eur * 2 AS twice FROM batch"
    assert () == catalog({**orders(SEVEN), f"{ORDERS}.sql": query}).expiring_readers(landed)


STOCK = "bronze.shop__stock"


def stock(kept, text=FILES[STOCK]):
    return {STOCK: text + f"      - {{property: snapshotRetention, value: {kept}}}\n"}


def test_snapshots_are_kept_by_the_day_they_landed_and_for_ever_if_nothing_is_said(catalog):
    kept = catalog(stock("90 days"))

    assert Retention(column="_ingested_at", days=90) == kept.table(STOCK).retention
    assert () == kept.expiring_readers(kept.table(STOCK).name)
    assert catalog(FILES).table(STOCK).retention is None


@pytest.mark.parametrize(
    "files, said",
    [
        pytest.param(stock("36 hours"), "snapshotRetention is no number of days; given: 36 hours", id="hours"),
        pytest.param(stock("0 days"), "snapshotRetention is no number of days; given: 0 days", id="none"),
        pytest.param(
            stock("90000 days"), "given: 90000 days; expected: such as 90 days; 36500 days at most", id="too many"
        ),
        pytest.param(stock("long"), "snapshotRetention is not a duration; given: long", id="no time"),
        pytest.param(
            stock("9 days", FILES[STOCK].replace("snapshot", "append"))
            | {"silver.stock": FILES["silver.orders"].replace("orders", "stock")},
            "a table that has no snapshots; given: writeDisposition append",
            id="increments",
        ),
        pytest.param(
            stock("9 days")
            | {
                "gold.totals": FILES["gold.totals"],
                "gold.totals.sql": "SELECT product AS state, 1 AS orders FROM bronze.shop__stock",
            },
            r"gold/totals\.sql:1: the table is made of snapshots that are deleted by age; given: bronze.shop__stock",
            id="a built table that is made of all of them",
        ),
    ],
)
def test_snapshots_that_cannot_go_are_refused(catalog, files, said):
    with pytest.raises(ContractError, match=said):
        catalog(files)
