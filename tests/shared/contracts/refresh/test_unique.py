"""Which primary keys need no check of the rows, since the query cannot give one twice."""

import pytest

from shared.contracts import load_catalog
from shared.contracts.refresh.unique import has_unique_key
from tests.support.query_histories import TABLES, built, proven_keys

PROVEN = {
    "the key of what is read": ("SELECT id, qty FROM silver.lines WHERE qty > 0", "id"),
    "a cast that keeps values apart": ("SELECT CAST(id AS BIGINT) AS id FROM silver.lines", "id"),
    "a cast of an hour to what it is": (
        """SELECT CAST(EXTRACT(HOUR FROM seen_at) AS INT) AS k, COUNT(*) AS n FROM silver.visits
           GROUP BY EXTRACT(HOUR FROM seen_at)""",
        "k",
    ),
    "a partner by its key": (
        "SELECT l.id, o.day FROM silver.lines l JOIN silver.orders o ON o.id = l.order_id AND o.day > 1",
        "id",
    ),
    "a partner that may be missing": (
        "SELECT l.id, o.day FROM silver.lines l LEFT JOIN silver.orders o ON o.id = l.order_id AND o.day > l.qty",
        "id",
    ),
    "the key of a partner": (
        "SELECT o.id, c.id AS customer_id FROM silver.orders o JOIN silver.customers c ON c.id = o.customer_id",
        "id",
    ),
    "the partner is the same for a group": (
        """SELECT l.order_id, o.day, COUNT(*) AS n FROM silver.lines l
           LEFT JOIN silver.orders o ON o.id = l.order_id AND o.day > 1 GROUP BY l.order_id, o.day""",
        "order_id",
    ),
    "what a row is grouped by hangs on its key": (
        """SELECT l.order_id, c.segment, SUM(l.qty) AS qty FROM silver.lines l JOIN silver.orders o ON o.id = l.order_id
           LEFT JOIN silver.customers c ON c.id = o.customer_id GROUP BY l.order_id, c.segment""",
        "order_id",
    ),
    "grouped by a place": ("SELECT day, COUNT(*) AS n FROM silver.orders GROUP BY 1", "day"),
    "the first of each group": (
        """SELECT o.id, f.price FROM silver.orders o LEFT JOIN (SELECT *, ROW_NUMBER() OVER
           (PARTITION BY order_id ORDER BY price, id) AS n FROM silver.lines) f ON f.order_id = o.id AND f.n = 1""",
        "id",
    ),
    "sums that may be missing": (
        """SELECT o.id, s.n FROM silver.orders o LEFT JOIN (SELECT order_id, COUNT(*) AS n FROM silver.lines
           GROUP BY order_id) s ON s.order_id = o.id""",
        "id",
    ),
    "distinct rows": ("SELECT DISTINCT day, currency FROM silver.orders", "day, currency"),
    "united distinct rows": ("SELECT id FROM silver.lines UNION SELECT line_id FROM silver.returns", "id"),
    "a probe": ("SELECT o.id FROM silver.orders o LEFT SEMI JOIN silver.lines l ON l.order_id = o.id", "id"),
    "one day beside": ("SELECT o.id, d.business_date FROM silver.orders o CROSS JOIN business_date d", "id"),
}
NOT_PROVEN = {
    "another column": ("SELECT id, order_id FROM silver.lines", "order_id"),
    "a cast that may make two values one": ("SELECT CAST(id AS SMALLINT) AS id FROM silver.lines", "id"),
    "a cast of a product to the type of its factors": (
        """SELECT CAST(CAST(qty AS DECIMAL(9, 2)) * CAST(price AS DECIMAL(9, 2)) AS DECIMAL(9, 2)) AS amount,
           COUNT(*) AS n FROM silver.lines GROUP BY CAST(qty AS DECIMAL(9, 2)) * CAST(price AS DECIMAL(9, 2))""",
        "amount",
    ),
    "seconds without their fraction": (
        """SELECT CAST(EXTRACT(SECOND FROM seen_at) AS INT) AS k, COUNT(*) AS n FROM silver.visits
           GROUP BY EXTRACT(SECOND FROM seen_at)""",
        "k",
    ),
    "columns turned into rows": (
        "WITH l AS (SELECT id, qty, price FROM silver.lines) SELECT * FROM l UNPIVOT (v FOR name IN (qty, price))",
        "id",
    ),
    "a part of it": ("SELECT id DIV 2 AS half FROM silver.lines", "half"),
    "many partners": ("SELECT o.id, l.qty FROM silver.orders o JOIN silver.lines l ON l.order_id = o.id", "id"),
    "partners within bounds": (
        "SELECT o.id, r.rate FROM silver.orders o JOIN silver.rates r ON o.day >= r.since AND o.day < r.until",
        "id",
    ),
    "the key of a partner that may be missing": (
        "SELECT c.id, o.id AS order_id FROM silver.orders o LEFT JOIN silver.customers c ON c.id = o.customer_id",
        "id",
    ),
    "of a LEFT JOIN the left side is bound to nothing": (
        "SELECT o.id, l.id AS line_id FROM silver.lines l LEFT JOIN silver.orders o ON l.id = o.id",
        "id",
    ),
    "a partner that only some rows of the group find": (
        """SELECT l.qty, o.currency, COUNT(*) AS n FROM silver.lines l
           LEFT JOIN silver.orders o ON o.id = l.order_id AND o.currency = 'USD' GROUP BY l.qty, o.currency""",
        "qty",
    ),
    "a partner that some rows with its key find": (
        """SELECT l.order_id, o.id, COUNT(*) AS n FROM silver.lines l
           LEFT JOIN silver.orders o ON o.id = l.order_id AND o.day > l.qty GROUP BY l.order_id, o.id""",
        "order_id",
    ),
    "sums of a nullable column, missing or of none": (
        """SELECT s.currency, s.n, COUNT(*) AS lines FROM silver.lines l LEFT JOIN (SELECT currency, COUNT(*) AS n
           FROM silver.orders GROUP BY currency) s ON s.n = l.qty GROUP BY s.currency, s.n""",
        "currency",
    ),
    "a probe binds nothing": (
        "SELECT l.order_id AS id FROM silver.lines l LEFT SEMI JOIN silver.orders o ON o.id = l.order_id",
        "id",
    ),
    "text that is a number": (
        "SELECT r.id, c.segment FROM silver.returns r, silver.customers c WHERE c.id = '1'",
        "id",
    ),
    "a rank": (
        "SELECT order_id, RANK() OVER (PARTITION BY order_id ORDER BY price) AS place FROM silver.lines",
        "order_id, place",
    ),
    "numbered over other groups": (
        "SELECT order_id, ROW_NUMBER() OVER (PARTITION BY price ORDER BY id) AS place FROM silver.lines",
        "order_id, place",
    ),
    "grouped by more": ("SELECT day, currency, COUNT(*) AS n FROM silver.orders GROUP BY day, currency", "day"),
    "grouped by more places": ("SELECT day, currency, COUNT(*) AS n FROM silver.orders GROUP BY 1, 2", "day"),
    "grouping sets": ("SELECT day, currency, COUNT(*) AS n FROM silver.orders GROUP BY ROLLUP (day, currency)", "day"),
    "a distinct window": ("SELECT DISTINCT day, SUM(id) OVER (PARTITION BY currency) AS s FROM silver.orders", "day"),
    "all of two tables": ("SELECT id FROM silver.lines UNION ALL SELECT id FROM silver.orders", "id"),
    "one row made many": ("SELECT id, EXPLODE(SEQUENCE(1, qty)) AS n FROM silver.lines", "id"),
    "a function nobody knows": ("SELECT id, STACK(2, qty, price) AS n FROM silver.lines", "id"),
    "one row made many below": (
        "SELECT s.id, s.n FROM (SELECT id, EXPLODE(SEQUENCE(1, qty)) AS n FROM silver.lines) s",
        "id",
    ),
    "a FULL JOIN": ("SELECT l.id FROM silver.lines l FULL JOIN silver.orders o ON o.id = l.order_id", "id"),
}


@pytest.mark.parametrize("sql, key", [pytest.param(*shape, id=name) for name, shape in PROVEN.items()])
def test_a_key_the_query_cannot_give_twice_is_proven(sql, key):
    assert has_unique_key(built(sql, *key.split(", ")), TABLES)


@pytest.mark.parametrize("sql, key", [pytest.param(*shape, id=name) for name, shape in NOT_PROVEN.items()])
def test_any_other_key_may_be_repeated(sql, key):
    assert not has_unique_key(built(sql, *key.split(", ")), TABLES)


@pytest.mark.examples
def test_bronze_has_no_unique_keys():
    catalog = load_catalog()
    orders = catalog.table("bronze.snowflake__orders")
    copied = built("SELECT salesorderid FROM bronze.snowflake__orders", "salesorderid")
    assert ("salesorderid",) == orders.primary_key
    assert not has_unique_key(copied, catalog.tables)


def test_a_wider_set_of_columns_is_proven_too():
    assert [("id",), ("id", "qty")] == proven_keys("SELECT id, qty FROM silver.lines")
