"""Which queries are proven refreshable, which are not, and which SQL finds the groups."""

import duckdb
import pytest
import sqlglot

from shared.contracts.refresh.spans import CalendarSpan
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
    "any over all": (
        """SELECT l.id, l.qty FROM silver.lines l
           CROSS JOIN (SELECT any(day > 3) AS late FROM silver.orders) m WHERE NOT m.late""",
        ["id"],
        "an aggregate over all rows lets every row touch every group",
    ),
    "an aggregate over all that sqlglot does not know": (
        """SELECT l.id, m.k, m.t FROM silver.lines l
           CROSS JOIN (SELECT 'all' AS k, try_sum(qty) AS t FROM silver.returns WHERE qty > 100) m""",
        ["id", "k"],
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
    "a list of some, sorted": (
        "SELECT day, sort_array(slice(collect_list(id), 1, 2)) AS ids FROM silver.orders GROUP BY day",
        ["day"],
        "ARRAYAGG hangs on the order of rows",
    ),
    "a first, sorted": (
        "SELECT day, sort_array(array(first(id))) AS ids FROM silver.orders GROUP BY day",
        ["day"],
        "FIRST hangs on the order of rows",
    ),
    "a window's first without an order": (
        "SELECT id, first_value(currency) OVER (PARTITION BY day) AS one FROM silver.orders",
        ["id"],
        "FIRSTVALUE hangs on the order of rows",
    ),
    "the most frequent": (
        "SELECT day, mode(currency) AS one FROM silver.orders GROUP BY day",
        ["day"],
        "MODE hangs on the order of rows",
    ),
    "a histogram": (
        "SELECT day, histogram_numeric(id, 3) AS h FROM silver.orders GROUP BY day",
        ["day"],
        "ANONYMOUS hangs on the order of rows",
    ),
    "a star in a function": (
        "SELECT id, md5(to_json(struct(*))) AS v FROM silver.orders",
        ["id"],
        "a star inside a function is not followed",
    ),
    "a count of a table's rows": (
        "SELECT o.id, COUNT(l.*) AS n FROM silver.orders o LEFT JOIN silver.lines l ON l.order_id = o.id GROUP BY o.id",
        ["id"],
        "a star inside a function is not followed",
    ),
    "a function in another form": (
        "SELECT to_char(day, 'yyyy-MM') AS month, COUNT(*) AS n FROM silver.visits GROUP BY to_char(day, 'yyyy-MM')",
        ["month"],
        "it has a function that is known in another form only",
    ),
    "an interval of two units": (
        """SELECT o.id, COUNT(v.id) AS n FROM silver.orders o LEFT JOIN silver.visits v ON v.customer_id = o.customer_id
           AND v.seen_at >= TIMESTAMP '2025-12-03 00:00:00' - INTERVAL 1 DAY 12 HOURS GROUP BY o.id""",
        ["id"],
        "sqlglot would write it with another +",
    ),
    "a unit that Spark does not know": (
        "SELECT TRUNC(day, 'Q') AS quarter, COUNT(*) AS n FROM silver.visits GROUP BY TRUNC(day, 'Q')",
        ["quarter"],
        "sqlglot would write it without 'Q'",
    ),
    "columns turned into rows": (
        "WITH l AS (SELECT id, qty, price FROM silver.lines) SELECT * FROM l UNPIVOT (v FOR name IN (qty, price))",
        ["id"],
        "more stands at l than its name and another one",
    ),
    "HAVING over all": (
        """SELECT l.id, m.k FROM silver.lines l
           CROSS JOIN (SELECT 'none' AS k FROM silver.returns WHERE qty > 1 HAVING COUNT(*) = 0) m""",
        ["id", "k"],
        "an aggregate over all rows lets every row touch every group",
    ),
    "a collation": (
        """SELECT CAST(currency COLLATE UTF8_LCASE AS STRING) AS c, COUNT(*) AS n FROM silver.orders
           GROUP BY currency COLLATE UTF8_LCASE""",
        ["c"],
        "COLLATE is not followed",
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
    "a missing value of a type nobody knows": (
        """SELECT CAST(COALESCE(x.a, 0) AS STRING) AS k, COUNT(*) AS n FROM silver.orders o LEFT JOIN
           (SELECT order_id, CAST(qty AS DECIMAL(9, 2)) * CAST(price AS DECIMAL(9, 2)) AS a FROM silver.lines) x
           ON x.order_id = o.id GROUP BY CAST(COALESCE(x.a, 0) AS STRING)""",
        ["k"],
        "a may be missing, and it is not known how its values are spelt; CAST it",
    ),
    "an unknown column": ("SELECT id, no_such FROM silver.orders", ["id"], "its columns cannot be told apart"),
}


@pytest.mark.parametrize("sql, by, why", [pytest.param(*case, id=name) for name, case in NOT_PROVEN.items()])
def test_what_is_not_proven_is_rebuilt_and_says_why(sql, by, why):
    rule = kept(sql, *by)
    assert not rule.is_refreshed
    assert rule.why.startswith(why)
    assert f"rebuilt, because {rule.why}" == str(rule)
    assert {} == rule.touched


@pytest.mark.parametrize(
    "ids",
    [
        "sort_array(collect_list(id))",
        "sort_array(array_distinct(collect_list(id) FILTER (WHERE id > 1)))",
        "array_sort(transform(collect_set(id), i -> i + 1))",
    ],
)
def test_a_sorted_list_is_proven(ids):
    assert kept(f"SELECT day, {ids} AS ids FROM silver.orders GROUP BY day", "day").is_refreshed


@pytest.mark.parametrize("ordered", ["first_value(currency)", "first(currency, true)", "nth_value(currency, 2)"])
def test_what_a_window_orders_is_proven(ordered):
    sql = f"SELECT id, {ordered} OVER (PARTITION BY day ORDER BY id) AS one FROM silver.orders"
    assert kept(sql, "id").is_refreshed


def test_a_doubled_quote_means_one_quote():
    """As Spark 4 reads it; the groups of such rows are found by the same text."""
    sql = "SELECT id, COUNT(*) AS n FROM silver.customers WHERE segment = 'O''Brien' GROUP BY id"
    assert r"'O\'Brien'" in kept(sql, "id").touched["silver.customers"]


def test_a_condition_on_any_row_of_a_group_hides_none():
    sql = """SELECT s.order_id, s.n FROM (SELECT order_id, any(qty > 1) AS big, COUNT(*) AS n
             FROM silver.lines GROUP BY ALL) s WHERE NOT s.big"""
    assert (
        "SELECT DISTINCT `s`.`order_id` AS `order_id` FROM (SELECT DISTINCT `silver__lines`.`order_id` AS `order_id` "
        "FROM silver__lines__changes AS `silver__lines`) AS `s`" == kept(sql, "order_id").touched["silver.lines"]
    )


def test_a_condition_on_any_of_some_patterns_is_one_on_rows():
    sql = "SELECT id, segment FROM silver.customers WHERE segment LIKE ANY ('a%', 'b%')"
    assert "LIKE ANY" in kept(sql, "id").touched["silver.customers"]


def test_a_weight_is_among_the_columns_that_are_read():
    rule = kept("SELECT order_id, percentile(price, 0.5, qty) AS p FROM silver.lines GROUP BY order_id", "order_id")
    assert {"silver.lines": {"order_id", "price", "qty"}} == rule.columns


def test_a_logarithm_keeps_its_base():
    """Spark's LOG(10, 1000) is less than 3, so the groups of LOG10 are not found by it."""
    sql = "SELECT FLOOR(LOG10(price)) AS k, COUNT(*) AS n FROM silver.lines GROUP BY FLOOR(LOG10(price))"
    assert "FLOOR(LOG10(" in kept(sql, "k").touched["silver.lines"]


def test_products_are_not_taken_for_the_type_of_their_factors():
    """Spark's product of two decimals has more digits, so it writes 1.2 differently from its factors."""
    rule = kept(
        """SELECT CAST(b.r AS STRING) AS k, a.id FROM silver.lines a JOIN (SELECT id, CAST(qty AS DECIMAL(9, 2))
           * CAST(price AS DECIMAL(9, 2)) AS r FROM silver.lines) b ON CAST(a.price AS DECIMAL(9, 2)) = b.r""",
        "k",
    )
    assert "CAST(`a`.`price`" not in rule.touched["silver.lines"].partition("WHERE")[0].partition("FROM")[0]


def test_what_a_function_names_itself_is_no_column_of_an_operand():
    one = "size(filter(array(day), d -> d > 1)) = 1"
    sql = f"SELECT id, transform(array(day), d -> d + 1) AS days FROM silver.orders WHERE {one}"
    assert kept(sql, "id").is_refreshed


def test_deep_nesting_is_worked_out_once_per_level():
    """Computed again for each column of each level, thirty levels would never end."""
    sql = "SELECT id, day, currency FROM silver.orders"
    for level in range(30):
        sql = f"SELECT id, day + 1 AS day, currency FROM ({sql}) AS level_{level}"
    assert kept(sql, "id", "day").is_refreshed


def test_an_unneeded_join_is_left_out():
    """A changed line names its order, so that the groups are found without reading the orders."""
    rule = kept(
        """SELECT o.id AS order_id, l.id AS line_id, r.rate FROM silver.orders o
           LEFT JOIN silver.rates r ON r.currency = o.currency JOIN silver.lines l ON l.order_id = o.id""",
        "order_id",
    )
    assert "refreshed by order_id" == str(rule)
    assert (
        "SELECT DISTINCT `l`.`order_id` AS `order_id` FROM silver__lines__changes AS `l`"
        == rule.touched["silver.lines"]
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
    assert {"silver.visits": (CalendarSpan(by="k", column=column, months=months, days=days),)} == kept(sql, "k").spans


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
def test_no_rows_are_left_out_if_rows_beyond_the_span_matter(sql):
    rule = kept(sql, "k")
    assert ("", {}) == (rule.why, rule.spans)


def test_a_change_touches_the_neighbours_that_see_it_and_no_other_row_of_their_partition():
    rule = kept("SELECT id, LEAD(day) OVER (PARTITION BY currency ORDER BY day, id) AS next FROM silver.orders", "id")
    db = duckdb.connect()
    orders = "(VALUES {}) AS o(id, customer_id, day, currency)"
    there = [f"({i}, 1, {10 * i}, 'USD')" for i in range(9)] + ["(9, 1, 35, 'JPY')"]
    # 4 moves between 6 and 7.
    images = ["(4, 1, 40, 'USD')", "(4, 1, 65, 'USD')"]
    both = [*there[:4], *there[5:], *images]
    for view, rows in ((BOTH, both), (CHANGES, images)):
        db.execute(f"CREATE VIEW silver__orders{view} AS FROM {orders.format(', '.join(rows))}")
    touched = sqlglot.transpile(rule.touched["silver.orders"], read="spark", write="duckdb")[0]

    assert [(3,), (4,), (5,), (6,), (7,)] == sorted(db.execute(touched).fetchall())
