"""After every step of a random history, a table kept by its rule equals a new run of its query, whatever its shape.

And no key that is proven unique occurs twice in it.
"""

import random

import pytest

from tests.support.query_histories import STEPS, History, kept, proven_keys

HISTORIES = 12

SHAPES = {
    "one table": ("SELECT id, qty * price AS amount FROM silver.lines WHERE qty > 0", ["id"]),
    "a key that moves": ("SELECT day, COUNT(*) AS orders, MAX(id) AS last FROM silver.orders GROUP BY day", ["day"]),
    "a computed key": (
        "SELECT day DIV 2 AS week, COUNT(DISTINCT customer_id) AS buyers FROM silver.orders GROUP BY day DIV 2",
        ["week"],
    ),
    "inner joins": (
        """SELECT c.segment, o.day, SUM(l.qty * l.price) AS revenue
           FROM silver.lines l JOIN silver.orders o ON l.order_id = o.id JOIN silver.customers c ON c.id = o.customer_id
           GROUP BY c.segment, o.day""",
        ["segment", "day"],
    ),
    "a group that HAVING hides": (
        """SELECT c.segment AS segment, o.day AS day, SUM(l.qty * l.price) AS revenue, MAX(l.price) AS top
           FROM silver.lines l JOIN silver.orders o ON l.order_id = o.id
           LEFT JOIN silver.customers c ON o.customer_id = c.id GROUP BY ALL HAVING SUM(l.qty) > 1""",
        ["segment", "day"],
    ),
    "two left joins, both in the key": (
        """SELECT COALESCE(c.segment, 'none') AS segment, COALESCE(r.rate, 0) AS rate, COUNT(*) AS orders
           FROM silver.orders o LEFT JOIN silver.customers c ON c.id = o.customer_id
           LEFT JOIN silver.rates r ON r.currency = o.currency AND o.day >= r.since AND o.day < r.until
           GROUP BY COALESCE(c.segment, 'none'), COALESCE(r.rate, 0)""",
        ["segment", "rate"],
    ),
    "a left join that hangs on another": (
        """SELECT l.qty, COALESCE(c.segment, o.currency, 'none') AS word, COUNT(*) AS lines
           FROM silver.lines l LEFT JOIN silver.orders o ON o.id = l.order_id
           LEFT JOIN silver.customers c ON c.id = COALESCE(o.customer_id, 1)
           GROUP BY l.qty, COALESCE(c.segment, o.currency, 'none')""",
        ["qty", "word"],
    ),
    "an inner join behind a left join": (
        """SELECT k.region, COUNT(*) AS lines FROM silver.lines l LEFT JOIN silver.orders o ON o.id = l.order_id
           JOIN silver.customers k ON k.id = COALESCE(o.customer_id, 2) GROUP BY k.region""",
        ["region"],
    ),
    "rows without a partner only": (
        """SELECT l.order_id, COUNT(*) AS kept FROM silver.lines l LEFT JOIN silver.returns r ON r.line_id = l.id
           WHERE r.id IS NULL GROUP BY l.order_id""",
        ["order_id"],
    ),
    "as of": (
        """SELECT l.id, o.day, l.qty * l.price * r.rate AS amount FROM silver.lines l
           JOIN (SELECT id, day, currency FROM silver.orders WHERE day > 0) o ON o.id = l.order_id
           LEFT JOIN silver.rates r ON r.currency = o.currency AND o.day >= r.since AND o.day < r.until""",
        ["id"],
    ),
    "as of, by order": (
        """SELECT o.id AS order_id, l.id AS line_id, l.qty * r.rate AS amount FROM silver.orders o
           LEFT JOIN silver.rates r ON r.currency = o.currency AND o.day >= r.since AND o.day < r.until
           JOIN silver.lines l ON l.order_id = o.id""",
        ["order_id"],
    ),
    "semi and anti joins": (
        """SELECT o.day, COUNT(*) AS orders FROM silver.orders o LEFT SEMI JOIN silver.lines l ON l.order_id = o.id
           LEFT ANTI JOIN silver.customers c ON c.id = o.customer_id AND c.segment = 'a' GROUP BY o.day""",
        ["day"],
    ),
    "a rank in a group": (
        """SELECT o.day, o.id, RANK() OVER (PARTITION BY o.day ORDER BY o.customer_id, o.id) AS place
           FROM silver.orders o""",
        ["day"],
    ),
    "a rank of sums": (
        """SELECT o.day, o.currency, SUM(l.qty) AS units,
                  RANK() OVER (PARTITION BY o.day ORDER BY SUM(l.qty) DESC) AS place
           FROM silver.lines l JOIN silver.orders o ON o.id = l.order_id GROUP BY o.day, o.currency""",
        ["day"],
    ),
    "the first of each group": (
        """SELECT order_id, id, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY price, id) AS n
           FROM silver.lines) AS ranked WHERE n = 1""",
        ["order_id"],
    ),
    "the first of each group, joined": (
        """SELECT c.segment, SUM(f.price) AS price FROM (SELECT *, ROW_NUMBER() OVER
           (PARTITION BY order_id ORDER BY price, id) AS n FROM silver.lines) AS f
           JOIN silver.orders o ON o.id = f.order_id LEFT JOIN silver.customers c ON c.id = o.customer_id AND f.qty > 0
           WHERE f.n <= 2 GROUP BY c.segment""",
        ["segment"],
    ),
    "a rank whose rows meet another table each": (
        """SELECT f.order_id, f.id, f.n, r.qty FROM (SELECT id, order_id, ROW_NUMBER() OVER
           (PARTITION BY order_id ORDER BY price, id) AS n FROM silver.lines) AS f
           JOIN silver.returns r ON r.line_id = f.id""",
        ["order_id"],
    ),
    "a rank over other groups than its own": (
        """SELECT id, customer_id, day, LAG(day) OVER (PARTITION BY customer_id ORDER BY day, id) AS before
           FROM silver.orders""",
        ["id"],
    ),
    "two windows": (
        """SELECT id, order_id, SUM(qty) OVER (PARTITION BY order_id) AS of_order,
                  COUNT(*) OVER (PARTITION BY price) AS alike FROM silver.lines""",
        ["id"],
    ),
    "the next one": (
        """SELECT id, currency, since, LEAD(since) OVER (PARTITION BY currency ORDER BY since, id) AS until
           FROM silver.rates WHERE rate > 1""",
        ["currency", "since"],
    ),
    "neighbours, near and less near, in two orders": (
        """SELECT id, price, LAG(qty, 2) OVER (PARTITION BY price ORDER BY order_id DESC NULLS LAST, id) AS before,
                  SUM(qty) OVER (PARTITION BY price ORDER BY qty, id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING) AS near,
                  SUM(id) OVER (PARTITION BY price ORDER BY qty, id rows BETWEEN CURRENT ROW AND 1 FOLLOWING) AS nearer
           FROM silver.lines""",
        ["id"],
    ),
    "a neighbour, and all of the partition": (
        """SELECT id, LEAD(id) OVER (PARTITION BY currency ORDER BY day, id) AS next,
                  MAX(day) OVER (PARTITION BY currency) AS last FROM silver.orders""",
        ["id"],
    ),
    "a neighbour that is filled in": (
        """SELECT id, LAG(currency) IGNORE NULLS OVER (PARTITION BY day DIV 3 ORDER BY day, id) AS last
           FROM silver.orders""",
        ["id"],
    ),
    "a neighbour in a join": (
        """SELECT o.id, LEAD(c.id) OVER (PARTITION BY o.currency ORDER BY o.day, o.id) AS next FROM silver.orders o
           JOIN silver.customers c ON c.id = o.customer_id""",
        ["id"],
    ),
    "what neighbours make, joined": (
        """SELECT o.id, p.rate FROM silver.orders o LEFT JOIN (SELECT currency, rate, since, LEAD(since, 1, 99) OVER
           (PARTITION BY currency ORDER BY since, id) AS until FROM silver.rates) p
             ON p.currency = o.currency AND o.day >= p.since AND o.day < p.until""",
        ["id"],
    ),
    "neighbours of neighbours": (
        """SELECT qty, COUNT(*) AS n FROM (SELECT qty, LAG(qty) OVER (PARTITION BY order_id ORDER BY id) AS before
           FROM (SELECT id, order_id, price, qty, LEAD(price) OVER (PARTITION BY order_id ORDER BY id) AS next
                 FROM silver.lines) AS s WHERE next IS NULL OR next <> price) AS t
           WHERE before IS NULL OR before <> qty GROUP BY qty""",
        ["qty"],
    ),
    "months": (
        """SELECT TRUNC(day, 'MONTH') AS month, COUNT(*) AS visits, COUNT(DISTINCT customer_id) AS visitors
           FROM silver.visits GROUP BY TRUNC(day, 'MONTH')""",
        ["month"],
    ),
    "quarters of moments, ranked, joined": (
        """SELECT q.quarter, q.customer_id, c.segment, RANK() OVER (PARTITION BY q.quarter ORDER BY q.visits) AS place
           FROM (SELECT TRUNC(v.seen, 'QUARTER') AS quarter, v.customer_id, COUNT(*) AS visits
                 FROM (SELECT CAST(seen_at AS DATE) AS seen, customer_id FROM silver.visits) v
                 GROUP BY TRUNC(v.seen, 'QUARTER'), v.customer_id) q
           LEFT JOIN silver.customers c ON c.id = q.customer_id""",
        ["quarter"],
    ),
    "days of moments": (
        """SELECT CAST(v.seen_at AS DATE) AS day, o.id, COUNT(*) AS n FROM silver.visits v
           JOIN silver.orders o ON o.customer_id = v.customer_id GROUP BY CAST(v.seen_at AS DATE), o.id""",
        ["day", "id"],
    ),
    "weeks and another table, united": (
        """SELECT TRUNC(day, 'WEEK') AS first, 'day' AS kind, COUNT(*) AS n FROM silver.visits
           GROUP BY TRUNC(day, 'WEEK')
           UNION ALL SELECT DATE'2025-11-24', 'order', COUNT(day) FROM silver.orders GROUP BY customer_id""",
        ["first"],
    ),
    "months of weeks": (
        """SELECT TRUNC(TRUNC(day, 'WEEK'), 'MONTH') AS month, COUNT(*) AS n FROM silver.visits
           GROUP BY TRUNC(TRUNC(day, 'WEEK'), 'MONTH')""",
        ["month"],
    ),
    "months of the newest visit": (
        """SELECT id, TRUNC(day, 'MONTH') AS month, LEAD(day) OVER (PARTITION BY customer_id ORDER BY day, id) AS next
           FROM silver.visits""",
        ["month"],
    ),
    "months, read twice": (
        """SELECT TRUNC(v.day, 'MONTH') AS month, COUNT(w.id) AS earlier FROM silver.visits v
           LEFT JOIN silver.visits w ON w.customer_id = v.customer_id AND w.day < v.day
           GROUP BY TRUNC(v.day, 'MONTH')""",
        ["month"],
    ),
    "months that may be missing": (
        """SELECT o.id, TRUNC(v.day, 'MONTH') AS month FROM silver.orders o
           LEFT JOIN silver.visits v ON v.customer_id = o.customer_id AND v.id < 4""",
        ["month"],
    ),
    "a window and QUALIFY": (
        """SELECT day, id FROM silver.orders
           QUALIFY ROW_NUMBER() OVER (PARTITION BY day ORDER BY customer_id DESC, id) = 1""",
        ["day"],
    ),
    "sums joined to rows": (
        """SELECT c.id AS customer_id, c.segment, s.orders, s.last FROM silver.customers c
           LEFT JOIN (SELECT customer_id, COUNT(*) AS orders, MAX(day) AS last FROM silver.orders
                      GROUP BY customer_id HAVING COUNT(*) > 1) s ON s.customer_id = c.id AND s.last > 1""",
        ["customer_id"],
    ),
    "sums of sums": (
        """SELECT segment, AVG(units) AS units FROM (
             SELECT o.id, c.segment, SUM(l.qty) AS units FROM silver.orders o JOIN silver.lines l ON l.order_id = o.id
             LEFT JOIN silver.customers c ON c.id = o.customer_id GROUP BY o.id, c.segment) AS per_order
           WHERE units > 1 GROUP BY segment""",
        ["segment"],
    ),
    "sums by something else than the key": (
        """SELECT o.id, o.day, s.orders FROM silver.orders o
           JOIN (SELECT customer_id, COUNT(*) AS orders FROM silver.orders GROUP BY customer_id) s
             ON s.customer_id = o.customer_id""",
        ["id"],
    ),
    "groups of a partner that only some rows find": (
        """SELECT l.qty, o.id AS order_id, o.currency, COUNT(*) AS lines FROM silver.lines l
           LEFT JOIN silver.orders o ON o.id = l.order_id AND o.currency = 'USD' AND o.day > l.price
           GROUP BY l.qty, o.id, o.currency""",
        ["qty", "order_id"],
    ),
    "sums of a nullable column that may be missing": (
        """SELECT s.currency, s.n, COUNT(*) AS lines FROM silver.lines l LEFT JOIN (SELECT currency, COUNT(*) AS n
           FROM silver.orders GROUP BY currency) s ON s.n = l.qty GROUP BY s.currency, s.n""",
        ["currency"],
    ),
    "a table twice": (
        """SELECT a.id, COUNT(b.id) AS earlier FROM silver.orders a
           LEFT JOIN silver.orders b ON b.customer_id = a.customer_id AND b.day < a.day GROUP BY a.id""",
        ["id"],
    ),
    "common table expressions": (
        """WITH sold AS (SELECT l.*, o.day FROM silver.lines l JOIN silver.orders o ON o.id = l.order_id),
                days AS (SELECT day, SUM(qty) AS units FROM sold GROUP BY day)
           SELECT d.day, d.units, COUNT(DISTINCT s.order_id) AS orders FROM days d JOIN sold s ON s.day = d.day
           GROUP BY d.day, d.units""",
        ["day"],
    ),
    "a union": (
        """SELECT day, SUM(n) AS n FROM (SELECT day, 1 AS n FROM silver.orders WHERE currency = 'USD' UNION ALL
             SELECT o.day, -r.qty FROM silver.returns r JOIN silver.lines l ON l.id = r.line_id
             JOIN silver.orders o ON o.id = l.order_id) AS both_ways GROUP BY day""",
        ["day"],
    ),
    "a union of distinct rows": (
        "SELECT id, qty FROM silver.lines UNION SELECT line_id, qty FROM silver.returns",
        ["id"],
    ),
    "a union of whole numbers and decimals": (
        """SELECT CAST(v AS STRING) AS word, COUNT(*) AS n FROM (SELECT qty AS v FROM silver.lines
           UNION ALL SELECT fee FROM silver.returns) u GROUP BY CAST(v AS STRING)""",
        ["word"],
    ),
    "a union of them, and of others": (
        """SELECT CONCAT(kind, '-', v) AS k, SUM(n) AS n FROM (SELECT 'line' AS kind, qty AS v, 1 AS n FROM silver.lines
           UNION ALL SELECT 'fee', fee, 2 FROM silver.returns UNION ALL SELECT 'day', day, 3 FROM silver.orders) u
           GROUP BY CONCAT(kind, '-', v)""",
        ["k"],
    ),
    "a decimal that may be missing": (
        """SELECT CAST(COALESCE(r.fee, 0) AS STRING) AS fee, COUNT(*) AS n FROM silver.lines l
           LEFT JOIN silver.returns r ON r.line_id = l.id GROUP BY CAST(COALESCE(r.fee, 0) AS STRING)""",
        ["fee"],
    ),
    "distinct rows": ("SELECT DISTINCT customer_id, currency FROM silver.orders", ["customer_id"]),
    "one row that no table has": (
        """SELECT c.segment, COUNT(*) AS n FROM silver.orders o JOIN (SELECT id, segment FROM silver.customers
           UNION ALL SELECT -1 AS id, 'unknown' AS segment) c ON c.id = COALESCE(o.customer_id, -1)
           GROUP BY c.segment""",
        ["segment"],
    ),
    "a cross join": (
        "SELECT c.id, r.currency, COUNT(*) AS n FROM silver.customers c, silver.rates r GROUP BY c.id, r.currency",
        ["id", "currency"],
    ),
    "USING": (
        """SELECT id, l.order_id, r.line_id FROM silver.lines l LEFT JOIN (SELECT line_id AS id, line_id
           FROM silver.returns) r USING (id)""",
        ["id"],
    ),
    "three operands that may be missing": (
        """SELECT COALESCE(c.segment, o.currency, CAST(r.rate AS STRING)) AS word, COUNT(*) AS n FROM silver.lines l
           LEFT JOIN silver.orders o ON o.id = l.order_id LEFT JOIN silver.customers c ON c.id = o.customer_id
           LEFT JOIN silver.rates r ON r.since = l.qty
           GROUP BY COALESCE(c.segment, o.currency, CAST(r.rate AS STRING))""",
        ["word"],
    ),
}


@pytest.mark.parametrize("sql, by", [pytest.param(*shape, id=name) for name, shape in SHAPES.items()])
def test_kept_by_its_rule_equals_rebuilt(sql, by):
    rule = kept(sql, *by)
    assert "" == rule.why
    keys, moved = proven_keys(sql), 0
    for seed in range(HISTORIES):
        history = History(sql, rule, random.Random(seed))  # noqa: S311 - the same histories each time
        first = history.db.execute("FROM kept").fetchall()
        for step in range(STEPS):
            history.step()
            assert [] == history.differences(), f"history {seed}, step {step}"
            assert [] == history.doubled(keys), f"history {seed}, step {step}"
        moved += first != history.db.execute("FROM kept").fetchall()
    assert moved > HISTORIES / 2
