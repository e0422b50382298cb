"""Foreign keys: who has no parent is refused, not lost and not joined away."""

from jobs.refine.relationships import with_parents_checked
from tests.support.frames import assert_rows
from tests.support.things import column, things

CONTRACT = things(
    column("key", "bigint"),
    column("customer_id", "bigint", parent="silver.customers.customer_id"),
    column("shop_code", parent="silver.shops.code"),
)


def test_an_orphan_fails_the_rule_of_its_column(spark):
    cases = [
        # key, customer, shop, failed before, failed after
        (1, 7, "a", [], []),
        (2, 9, "a", [], ["customer_id_exists"]),
        (3, 7, "x", [], ["shop_code_exists"]),
        (4, 9, "x", ["key_odd"], ["key_odd", "customer_id_exists", "shop_code_exists"]),
        (5, None, None, [], []),
        (6, 7, "A", [], ["shop_code_exists"]),
        (7, 7, "a", ["key_odd"], ["key_odd"]),
        (7, 7, "a", ["key_odd"], ["key_odd"]),
    ]
    columns = "key BIGINT, customer_id BIGINT, shop_code STRING, _failed ARRAY<STRING>"
    rows = spark.createDataFrame([c[:4] for c in cases], columns)
    parents = {
        "customer_id": spark.createDataFrame([(7,), (8,)], "customer_id BIGINT"),
        "shop_code": spark.createDataFrame([("a",), ("b",)], "code STRING"),
    }
    assert_rows(columns, [(*c[:3], c[4]) for c in cases], with_parents_checked(rows, CONTRACT, parents))


def test_without_foreign_keys_nothing_is_asked(spark):
    rows = spark.createDataFrame([(1, [])], "key BIGINT, _failed ARRAY<STRING>")
    assert rows is with_parents_checked(rows, things(column("key", "bigint")), {})
