"""What a name stands for in a query over tables of one name, or with operands called like tables."""

from dataclasses import replace

import pytest

from shared.contracts.refresh import derive_refresh_rule, has_unique_key
from shared.names import TableName
from tests.support.query_histories import TABLES, built

GOLD = replace(TABLES["silver.orders"], name=TableName.parse("gold.orders"))
WITH_GOLD = {**TABLES, "gold.orders": GOLD}


def test_two_tables_of_one_name_are_distinguished_by_their_layers():
    sql = """SELECT silver.orders.day, COUNT(*) AS n FROM silver.orders
             JOIN gold.orders ON silver.orders.id = gold.orders.id GROUP BY silver.orders.day"""
    touched = derive_refresh_rule(built(sql, "day"), WITH_GOLD).touched

    assert "SELECT DISTINCT `silver__orders`.`day`" in touched["silver.orders"]
    assert "`silver__orders`.`id` = `gold__orders`.`id`" in touched["gold.orders"]


def test_a_name_means_the_nearest_table_that_has_it():
    sql = """SELECT orders.day, n FROM silver.orders JOIN (SELECT orders.customer_id AS c, COUNT(*) AS n
             FROM gold.orders GROUP BY orders.customer_id) x ON x.c = orders.customer_id"""
    touched = derive_refresh_rule(built(sql, "day"), WITH_GOLD).touched

    assert "SELECT DISTINCT `silver__orders`.`day`" in touched["silver.orders"]
    assert "SELECT DISTINCT `gold__orders`.`customer_id`" in touched["gold.orders"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT orders.day FROM silver.orders JOIN gold.orders ON silver.orders.id = gold.orders.id",
        "SELECT orders.day FROM silver.orders JOIN (SELECT id FROM gold.orders) orders ON orders.id = silver.orders.id",
    ],
)
def test_a_name_that_may_mean_two_tables_is_not_followed(sql):
    table = built(sql, "day")

    assert derive_refresh_rule(table, WITH_GOLD).why.startswith(
        "orders is the name of two things in it; give each table an alias"
    )
    assert not has_unique_key(table, WITH_GOLD)


def test_a_common_table_expression_may_have_the_name_of_the_table_it_reads():
    sql = """WITH orders AS (SELECT orders.id, day FROM silver.orders WHERE day > 1)
             SELECT orders.day, COUNT(*) AS n FROM orders GROUP BY orders.day"""
    kept = derive_refresh_rule(built(sql, "day"), TABLES)

    assert "" == kept.why
    assert "WHERE `silver__orders`.`day` > 1" in kept.touched["silver.orders"]
