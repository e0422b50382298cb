"""A query of a built table reads its inputs by location: their names become views, and nothing else changes."""

import pytest

from jobs.build.query import over_views
from shared.names import TableName

INPUTS = [TableName.parse(name) for name in ("silver.orders", "silver.order_lines", "bronze.shop__orders")]


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("SELECT * FROM silver.orders", "SELECT * FROM silver__orders", id="a table"),
        pytest.param(
            "SELECT silver.orders.a FROM silver.orders JOIN bronze.shop__orders AS b",
            "SELECT silver__orders.a FROM silver__orders JOIN bronze__shop__orders AS b",
            id="a column of a table",
        ),
        pytest.param("FROM silver.order_lines", "FROM silver__order_lines", id="a name that begins like another"),
        pytest.param("FROM `silver`.`orders` o", "FROM silver__orders o", id="quoted"),
        pytest.param("FROM silver . orders", "FROM silver__orders", id="with blanks"),
        pytest.param("SELECT 'silver.orders'", "SELECT 'silver.orders'", id="a text"),
        pytest.param("SELECT 1 -- silver.orders\n+ 1", "SELECT 1 -- silver.orders\n+ 1", id="a comment"),
        pytest.param("SELECT o.orders, silver.a", "SELECT o.orders, silver.a", id="columns of the same names"),
        pytest.param("FROM gold.orders", "FROM gold.orders", id="no input"),
    ],
)
def test_only_names_of_inputs_become_views(sql, expected):
    assert expected == over_views(sql, INPUTS)
