"""Foreign keys: a row without a parent is refused; it is neither lost nor dropped by a join."""

from jobs.refine.relationships import with_all_parents_checked, with_parents_checked
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


def test_a_row_counts_as_a_parent_if_it_and_all_above_it_are_good(spark):
    staff = things(
        column("key", "bigint"),
        column("boss", "bigint", parent="silver.things.key"),
        column("mentor", "bigint", parent="silver.things.key"),
        column("customer_id", "bigint", parent="silver.customers.customer_id"),
    )
    cases = [
        # key, boss, mentor, customer, failed before, failed after
        (1, None, None, 7, [], []),
        (2, 1, 100, 7, [], []),
        (3, 99, None, 7, [], ["boss_exists"]),
        (4, 3, None, 7, [], ["boss_exists"]),
        (5, 1, 4, 7, [], ["mentor_exists"]),
        (6, 5, 2, None, [], ["boss_exists"]),
        (7, None, None, 9, [], ["customer_id_exists"]),
        (8, 7, None, 7, [], ["boss_exists"]),
        (9, None, None, 7, ["key_odd"], ["key_odd"]),
        (10, 9, None, 7, [], ["boss_exists"]),
        (11, 12, None, 7, [], []),
        (12, 11, None, 7, [], []),
        # One of two versions of a key is good, and a row may be its own parent.
        (13, 99, None, 7, [], ["boss_exists"]),
        (13, 13, None, 7, [], []),
        (14, 13, None, 7, [], []),
    ]
    columns = "key BIGINT, boss BIGINT, mentor BIGINT, customer_id BIGINT, _failed ARRAY<STRING>"
    rows = spark.createDataFrame([c[:5] for c in cases], columns)
    there = spark.createDataFrame([(100,)], "key BIGINT")
    customers = {"customer_id": spark.createDataFrame([(7,)], "customer_id BIGINT")}

    judged = with_all_parents_checked(rows, staff, customers | {"boss": there, "mentor": there})
    assert_rows(columns, [(*c[:4], c[5]) for c in cases], judged)
    # Before the table has rows only those of the batch count.
    first = with_all_parents_checked(rows, staff, customers).where("key = 2")
    assert_rows(columns, [(2, 1, 100, 7, ["mentor_exists"])], first)


def test_without_foreign_keys_nothing_is_asked(spark):
    rows = spark.createDataFrame([(1, [])], "key BIGINT, _failed ARRAY<STRING>")
    assert rows is with_parents_checked(rows, things(column("key", "bigint")), {})
