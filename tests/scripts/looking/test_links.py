"""Contracts determine the columns by which a row is followed from table to table."""

import pytest

from scripts.looking.links import link_by_key, link_down, link_up, why_unlinked
from tests.support.hand_made_lake import FILES, write_contracts
from tests.support.small_contracts import KEY_AND_SEQUENCE, bronze, contract

UP, DOWN = "up", "down"


def told(link):
    return None if link is None else str(link)


@pytest.mark.parametrize(
    "earlier, later, up, down",
    [
        pytest.param("bronze.shop__orders", "silver.orders", "order_id", "order_id", id="the same name"),
        pytest.param(
            "bronze.shop__lines",
            "silver.lines",
            "order_id, line = line_number",
            "order_id",
            id="a cast of another name",
        ),
        pytest.param(
            "silver.lines", "gold.sales", "order_id, line_number", "order_id, line_number", id="a SELECT's own"
        ),
        pytest.param("silver.orders", "gold.sales", "order_id", "order_id", id="joined"),
        pytest.param("silver.stock", "gold.sales", None, None, id="joined on what was made of it"),
        pytest.param("silver.orders", "gold.totals", "customer_id", "customer_id", id="grouped"),
        pytest.param("silver.customers", "gold.totals", "customer_id", "customer_id", id="grouped and joined"),
    ],
)
def test_rows_are_followed_through_inputs(catalog, earlier, later, up, down):
    one, other = catalog.table(earlier), catalog.table(later)

    assert up == told(link_up(one, other, catalog, [c.name for c in other.all_columns]))
    assert down == told(link_down(one, other, catalog, [c.name for c in one.all_columns]))


@pytest.mark.parametrize(
    "earlier, later, expected",
    [
        pytest.param("silver.orders", "silver.lines", "order_id", id="foreign key"),
        pytest.param("silver.customers", "silver.orders", "customer_id", id="another foreign key"),
        pytest.param("silver.customers", "gold.sales", "customer_id", id="same name"),
        pytest.param("silver.orders", "gold.totals", None, id="not in it"),
        pytest.param("gold.totals", "silver.orders", None, id="what it was made of"),
        pytest.param("silver.orders", "silver.orders", None, id="itself"),
        pytest.param("bronze.shop__orders", "gold.sales", None, id="a name of a source"),
    ],
)
def test_key_is_found_in_tables_that_do_not_read_it(catalog, earlier, later, expected):
    assert expected == told(link_by_key(catalog.table(earlier), catalog.table(later), catalog))


def test_key_of_a_name_that_others_use_is_not_found_by_it(tmp_path):
    line = "      - {{name: id, logicalType: integer, physicalType: bigint, primaryKey: true, {}description: Key.}}\n"
    silver = [line.format(f"transformSourceObjects: [bronze.shop__{name}], ") for name in ("tins", "cans")]
    catalog = write_contracts(
        tmp_path,
        {
            "bronze.shop__tins": bronze("bronze.shop__tins", "snapshot", "id"),
            "bronze.shop__cans": bronze("bronze.shop__cans", "snapshot", "id"),
            "silver.tins": contract("silver.tins", silver[0], {"writeDisposition": "snapshot"}),
            "silver.cans": contract("silver.cans", silver[1], {"writeDisposition": "snapshot"}),
        },
    )

    assert None is link_by_key(catalog.table("silver.tins"), catalog.table("silver.cans"), catalog)


@pytest.mark.parametrize(
    "logic, up",
    [
        pytest.param("TRY_CAST(line AS int)", "order_id, line = line_number", id="cast"),
        pytest.param("nullif(line, '')", "order_id, line = line_number", id="null for nothing"),
        pytest.param("line + 1", "order_id; line_number cannot be followed", id="made of it"),
        pytest.param("coalesce(line, '0')", "order_id; line_number cannot be followed", id="made up where null"),
    ],
)
def test_column_is_followed_only_where_it_is_the_inputs(tmp_path, logic, up):
    lines = FILES["silver.lines"].replace("cast(line AS int)", f'"{logic}"')
    catalog = write_contracts(tmp_path, {**FILES, "silver.lines": lines})
    later = catalog.table("silver.lines")

    assert up == told(link_up(catalog.table("bronze.shop__lines"), later, catalog, later.column_names))


@pytest.mark.parametrize(
    "logic, told",
    [
        pytest.param(
            "upper(trim(product))", "silver.stock makes its key by an expression: upper(trim(product))", id="made"
        ),
        pytest.param("pieces", "neither has the other's key", id="of another column"),
    ],
)
def test_a_key_that_is_made_is_told_from_one_that_is_not_there(tmp_path, logic, told):
    where = "transformSourceObjects: [bronze.shop__stock]"
    stock = FILES["silver.stock"].replace(where, f"{where}\n        transformLogic: {logic}")
    catalog = write_contracts(tmp_path, {**FILES, "silver.stock": stock})
    earlier, later = catalog.table("bronze.shop__stock"), catalog.table("silver.stock")

    assert (told, told) == (why_unlinked(earlier, later), why_unlinked(later, earlier))


def test_row_local_query_is_followed_by_what_it_hands_on(tmp_path):
    properties = """\
      - name: order_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        primaryKeyPosition: 1
        description: Order.
      - {name: n, logicalType: integer, physicalType: int, primaryKey: true, primaryKeyPosition: 2, description: Nth.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
    source = "transformSourceObjects: [bronze.shop__lines]\n        description: Order."
    files = {
        "bronze.shop__lines": FILES["bronze.shop__lines"],
        "silver.pieces": contract("silver.pieces", properties.replace("description: Order.", source), KEY_AND_SEQUENCE),
        "silver.pieces.sql": "SELECT order_id, line + 1 AS n, changed_at, _sequence, _source_position FROM batch",
    }
    catalog = write_contracts(tmp_path, files)
    earlier, later = catalog.table("bronze.shop__lines"), catalog.table("silver.pieces")

    assert "order_id; n cannot be followed" == told(link_up(earlier, later, catalog, later.column_names))
