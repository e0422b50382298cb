"""A query of a built table reads its inputs by location: their names become views, and nothing else changes."""

import pytest
import sqlglot

from jobs.build.query import over_views
from shared.contracts.refresh.unproven import is_aggregate
from shared.contracts.sql import DIALECT
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
        pytest.param(
            "SELECT orders.a, `orders`.* FROM silver.orders JOIN bronze.shop__orders b ON orders . id = b.id",
            "SELECT silver__orders.a, silver__orders.* FROM silver__orders "
            "JOIN bronze__shop__orders b ON silver__orders . id = b.id",
            id="columns by a table's short name",
        ),
        pytest.param(
            "SELECT orders.a FROM silver.orders o JOIN bronze.shop__orders AS orders",
            "SELECT orders.a FROM silver__orders o JOIN bronze__shop__orders AS orders",
            id="columns by an alias",
        ),
        pytest.param(
            "WITH orders AS (SELECT orders.a FROM silver.orders) SELECT orders.a FROM orders",
            "WITH orders AS (SELECT silver__orders.a FROM silver__orders) SELECT orders.a FROM orders",
            id="columns of a common table expression",
        ),
    ],
)
def test_only_names_of_inputs_become_views(sql, expected):
    assert expected == over_views(sql, INPUTS)


@pytest.mark.slow
def test_each_aggregate_of_spark_is_known_as_one(spark):
    """sqlglot takes some of them for unknown functions, and one for the ANY of a list."""
    infos = spark._jvm.org.apache.spark.sql.api.python.PythonSQLUtils.listBuiltinFunctionInfos()
    aggregates = [info.getName() for info in infos if info.getGroup() == "agg_funcs"]

    assert "any" in aggregates
    assert [] == [name for name in aggregates if not is_aggregate(_called(name))]


def _called(name):
    """A call of a function, with as many arguments as sqlglot wants."""
    for arguments in ("a", "a, b"):
        try:
            return sqlglot.parse_one(f"{name}({arguments})", dialect=DIALECT)
        except sqlglot.ParseError:
            continue
    return sqlglot.parse_one(f"{name}(a, b, c)", dialect=DIALECT)
