"""Copies of rows satisfy their contracts, are reproducible, and have a known share of odd rows."""

from collections import Counter
from datetime import timedelta

import pytest

from scripts.generating.copies import Copying, copies, late, renumbered
from scripts.generating.shape import Shape, shape_of
from shared.contracts import load_catalog

ORDERS = Shape(
    table="bronze.shop__orders",
    key=("id",),
    numbered=frozenset({"id", "customer"}),
    required=("total",),
    cursor="changed",
    lag=timedelta(days=10),
    is_whole=False,
)
ROWS = [
    {"Id": str(i), "Customer": str(i % 7 + 1), "Total": "9.50", "Changed": f"2026-01-{i % 28 + 1:02}"}
    for i in range(1, 1001)
]


def made(day, scale=3, shape=ORDERS, rows=ROWS, seed=1, **settings):
    return list(copies(rows, shape, Copying(scale=scale, seed=seed, day=day), **settings))


def test_the_same_is_made_twice_and_another_seed_makes_something_else():
    assert made(2) == made(2)
    assert made(2) != made(2, seed=2)


def test_a_copy_has_keys_of_its_own_and_points_to_its_own():
    whole = {row["Id"]: row for row in ROWS}
    for row in made(2):
        copy, original = divmod(int(row["Id"]), 1_000_000)
        assert copy in (1, 2)
        assert (copy, int(whole[str(original)]["Customer"])) == divmod(int(row["Customer"]), 1_000_000)


def test_of_a_hundred_rows_one_is_dirty_one_doubled_and_one_late():
    first, second = made(1), made(2)
    dirty = {row["Id"] for row in second if row["Total"] == ""}
    doubled = {key for key, count in Counter(row["Id"] for row in second).items() if count == 2}
    held_back = {row["Id"]: row for row in second if row["Id"] not in {r["Id"] for r in first}}

    assert {row["Id"] for row in second} == {str(copy * 1_000_000 + i) for copy in (1, 2) for i in range(1, 1001)}
    for found in (dirty, doubled):
        assert 8 <= len(found) <= 35
    # A third of the days is within the lag; rows of the other days are not held back.
    assert 1 <= len(held_back) <= 15
    assert all(row["Changed"] >= "2026-01-18" for row in held_back.values())


def test_what_is_gone_is_missing_from_a_whole_table_and_marked_where_a_source_marks():
    whole = Shape(**{**vars(ORDERS), "cursor": None, "is_whole": True})
    kept = {row["Id"] for row in made(1, shape=whole)} - {row["Id"] for row in made(2, shape=whole)}
    assert 8 <= len(kept) <= 35

    marking = [row | {"IsDeleted": "false"} for row in ROWS]
    deleted = [row for row in made(2, rows=marking, doubles=False) if row["IsDeleted"] == "true"]
    assert kept == {row["Id"] for row in deleted}
    assert {"2026-01-28T01:00:00.000Z"} == {row["Changed"] for row in deleted}


def test_the_second_file_of_a_drop_holds_what_the_first_lacks():
    files = Shape(**{**vars(ORDERS), "cursor": None})
    first = {row["Id"] for row in made(1, shape=files)}
    second = {row["Id"] for row in late(ROWS, files, Copying(scale=3, seed=1, day=2))}
    assert (set(), 2000) == (first & second, len(first | second))


@pytest.mark.parametrize(
    "value, copy, expected",
    [
        pytest.param("7", 0, "7", id="the samples themselves"),
        pytest.param("7", 3, "3000007", id="a number"),
        pytest.param("user_0104", 3, "user_0104~3", id="a text"),
        pytest.param("003Ec00000CyOT7IAN", 63, "003Z110000CyOT7IAN", id="an id of Salesforce keeps its form"),
        pytest.param("", 3, "", id="nothing"),
    ],
)
def test_a_key_of_a_copy(value, copy, expected):
    assert expected == renumbered(value, copy)


@pytest.mark.examples
@pytest.mark.parametrize(
    "table, numbered, required",
    [
        pytest.param(
            "bronze.snowflake__order_lines",
            {"salesorderid", "salesorderdetailid"},
            {"orderqty", "productid"},
            id="a child whose number others refer to",
        ),
        pytest.param("bronze.snowflake__orders", {"salesorderid", "customerid"}, {"orderdate"}, id="child and parent"),
        pytest.param("bronze.redshift__behaviour_events", {"user_id"}, set(), id="a key of several columns"),
        pytest.param("bronze.salesforce__contacts", {"id", "accountid"}, set(), id="Salesforce"),
        pytest.param("bronze.crm__contacts", {"id", "accountid"}, {"createddate"}, id="files of text"),
    ],
)
def test_contracts_say_which_columns_are_keys_point_to_keys_and_may_not_be_empty(table, numbered, required):
    shape = shape_of(load_catalog(), load_catalog().table(table))
    assert (numbered, set()) == (set(shape.numbered), required - set(shape.required))
    assert shape.cursor not in shape.required
