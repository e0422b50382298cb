"""What is proven, what is not, and which SQL finds the groups."""

import duckdb
import pytest
import sqlglot

from shared.contracts.refresh.spans import Span
from shared.contracts.refresh.touched import BOTH, CHANGES
from tests.support.query_histories import kept

NOT_PROVEN = {
    "no refreshBy": ("SELECT id FROM silver.orders", [], "its contract has no refreshBy"),
    "LIMIT": ("SELECT id FROM silver.orders LIMIT 3", ["id"], "LIMIT is not followed"),
    "a value from a query": (
        "SELECT l.id, (SELECT day FROM silver.orders o WHERE o.id = l.order_id) AS day FROM silver.lines l",
        ["id"],
        "a subquery in an expression is not followed; write a join",
    ),
    "IN": ("SELECT id FROM silver.lines WHERE order_id IN (SELECT id FROM silver.orders)", ["id"], "a subquery in an"),
    "EXISTS": (
        "SELECT l.id FROM silver.lines l WHERE EXISTS (SELECT 1 FROM silver.orders o WHERE o.id = l.order_id)",
        ["id"],
        "a subquery in an expression",
    ),
    "FULL JOIN": (
        "SELECT l.id FROM silver.lines l FULL JOIN silver.orders o ON o.id = l.order_id",
        ["id"],
        "a FULL JOIN is not followed; write a LEFT JOIN",
    ),
    "RIGHT JOIN": (
        "SELECT o.id FROM silver.lines l RIGHT JOIN silver.orders o ON o.id = l.order_id",
        ["id"],
        "a RIGHT JOIN is not followed; write a LEFT JOIN",
    ),
    "EXCEPT": ("SELECT id FROM silver.lines EXCEPT SELECT id FROM silver.orders", ["id"], "EXCEPT is not followed"),
    "a window over all": (
        "SELECT id, RANK() OVER (ORDER BY day) AS place FROM silver.orders",
        ["id"],
        "a window without PARTITION BY lets every row touch every group",
    ),
    "an aggregate over all": (
        "SELECT l.id, m.newest FROM silver.lines l CROSS JOIN (SELECT MAX(day) AS newest FROM silver.orders) m",
        ["id"],
        "an aggregate over all rows lets every row touch every group",
    ),
    "ROLLUP": (
        "SELECT day, currency, COUNT(*) AS n FROM silver.orders GROUP BY ROLLUP (day, currency)",
        ["day"],
        "ROLLUP, CUBE and GROUPING SETS put a row into several groups",
    ),
    "an order-bound aggregate": (
        "SELECT day, first(currency) AS one FROM silver.orders GROUP BY day",
        ["day"],
        "FIRST hangs on the order of rows",
    ),
    "an unsorted list": (
        "SELECT day, collect_list(id) AS ids FROM silver.orders GROUP BY day",
        ["day"],
        "ARRAYAGG hangs on the order of rows",
    ),
    "LATERAL VIEW": (
        "SELECT o.id, word FROM silver.orders o LATERAL VIEW explode(split(currency, '')) t AS word",
        ["id"],
        "LATERAL is not followed",
    ),
    "recursion": (
        "WITH RECURSIVE r AS (SELECT id FROM silver.orders UNION ALL SELECT id + 1 FROM r) SELECT id FROM r",
        ["id"],
        "WITH RECURSIVE",
    ),
    "an unknown column": ("SELECT id, no_such FROM silver.orders", ["id"], "its columns cannot be told apart"),
}


@pytest.mark.parametrize("sql, by, why", [pytest.param(*case, id=name) for name, case in NOT_PROVEN.items()])
def test_what_is_not_proven_is_rebuilt_and_says_why(sql, by, why):
    keeping = kept(sql, *by)
    assert not keeping.is_refreshed
    assert keeping.why.startswith(why)
    assert f"rebuilt, because {keeping.why}" == str(keeping)
    assert {} == keeping.touched


def test_a_sorted_list_is_proven():
    assert kept("SELECT day, sort_array(collect_list(id)) AS ids FROM silver.orders GROUP BY day", "day").is_refreshed


def test_what_a_function_names_itself_is_no_column_of_an_operand():
    one = "size(filter(array(day), d -> d > 1)) = 1"
    sql = f"SELECT id, transform(array(day), d -> d + 1) AS days FROM silver.orders WHERE {one}"
    assert kept(sql, "id").is_refreshed


def test_deep_nesting_is_worked_out_once_per_level():
    """Asked anew for each column of each level, thirty levels would never end."""
    sql = "SELECT id, day, currency FROM silver.orders"
    for level in range(30):
        sql = f"SELECT id, day + 1 AS day, currency FROM ({sql}) AS level_{level}"
    assert kept(sql, "id", "day").is_refreshed


def test_a_join_nobody_needs_is_left_out():
    """A changed line names its order, so that the groups are found without reading the orders."""
    keeping = kept(
        """SELECT o.id AS order_id, l.id AS line_id, r.rate FROM silver.orders o
           LEFT JOIN silver.rates r ON r.currency = o.currency JOIN silver.lines l ON l.order_id = o.id""",
        "order_id",
    )
    assert "refreshed by order_id" == str(keeping)
    assert (
        "SELECT DISTINCT `l`.`order_id` AS `order_id` FROM silver__lines__changes AS `l`"
        == keeping.touched["silver.lines"]
    )


@pytest.mark.parametrize(
    "sql, months, days",
    [
        pytest.param("SELECT TRUNC(day, 'YEAR') AS k, id FROM silver.visits", 12, 0, id="years"),
        pytest.param(
            "SELECT CAST(TRUNC(seen_at, 'WEEK') AS DATE) AS k, id FROM silver.visits", 0, 7, id="weeks of moments"
        ),
        pytest.param("SELECT CAST(seen_at AS DATE) AS k, id FROM silver.visits", 0, 1, id="days of moments"),
        pytest.param(
            "SELECT TRUNC(d, 'MM') AS k FROM (SELECT DATE(seen_at) AS d FROM silver.visits)", 1, 0, id="nested"
        ),
    ],
)
def test_of_groups_that_are_spans_of_time_the_rows_within_them_are_known(sql, months, days):
    column = "day" if "YEAR" in sql else "seen_at"
    assert {"silver.visits": (Span(by="k", column=column, months=months, days=days),)} == kept(sql, "k").spans


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT day AS k, id FROM silver.visits", id="Spark sees that by itself"),
        pytest.param("SELECT TRUNC(TRUNC(day, 'WEEK'), 'MONTH') AS k, id FROM silver.visits", id="crossing spans"),
        pytest.param("SELECT LAST_DAY(day) AS k, id FROM silver.visits", id="another function"),
        pytest.param("SELECT TRUNC(TO_DATE(currency), 'MONTH') AS k, id FROM silver.orders", id="texts"),
        pytest.param(
            "SELECT TRUNC(day, 'MONTH') AS k, COUNT(*) OVER (PARTITION BY customer_id) AS n FROM silver.visits",
            id="a window that looks beyond",
        ),
        pytest.param(
            "SELECT TRUNC(a.day, 'MONTH') AS k FROM silver.visits a JOIN silver.visits b ON b.seen_at > a.seen_at",
            id="an input that is read twice",
        ),
        pytest.param(
            "SELECT TRUNC(v.day, 'MONTH') AS k, o.id FROM silver.orders o LEFT JOIN silver.visits v ON v.id = o.id",
            id="an operand that may be missing",
        ),
    ],
)
def test_where_rows_beyond_may_matter_none_are_left_out(sql):
    keeping = kept(sql, "k")
    assert ("", {}) == (keeping.why, keeping.spans)


def test_a_change_touches_the_neighbours_that_see_it_and_no_other_row_of_their_partition():
    keeping = kept(
        "SELECT id, LEAD(day) OVER (PARTITION BY currency ORDER BY day, id) AS next FROM silver.orders", "id"
    )
    db = duckdb.connect()
    orders = "(VALUES {}) AS o(id, customer_id, day, currency)"
    there = [f"({i}, 1, {10 * i}, 'USD')" for i in range(9)] + ["(9, 1, 35, 'JPY')"]
    # 4 moves between 6 and 7.
    images = ["(4, 1, 40, 'USD')", "(4, 1, 65, 'USD')"]
    both = [*there[:4], *there[5:], *images]
    for view, rows in ((BOTH, both), (CHANGES, images)):
        db.execute(f"CREATE VIEW silver__orders{view} AS FROM {orders.format(', '.join(rows))}")
    touched = sqlglot.transpile(keeping.touched["silver.orders"], read="spark", write="duckdb")[0]

    assert [(3,), (4,), (5,), (6,), (7,)] == sorted(db.execute(touched).fetchall())
