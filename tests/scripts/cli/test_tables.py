"""`lake tables` shows the tables of the lake."""

import pytest


def test_every_table_is_one_object(ask_json):
    found = {row["table"]: row for row in ask_json("tables")}

    assert 10 == len(found)
    row = found["silver.orders"]
    assert row.pop("written_at").endswith("Z")
    assert row.pop("bytes") > 0
    assert {
        "table": "silver.orders",
        "layer": "silver",
        "kind": "refined",
        "version": 1,
        "rows": 2,
        "files": 1,
        "last_run": "run-2",
        "sequence": 2,
        "quarantined": 1,
    } == row


def test_table_that_is_not_there_yet_is_shown_as_such(ask, ask_json):
    [line] = [line for line in ask("tables").stdout.splitlines() if line.startswith("silver.stock")]
    [row] = [row for row in ask_json("tables") if row["table"] == "silver.stock"]

    assert "not there yet" in line
    assert {None} == {row[name] for name in ("version", "rows", "files", "bytes", "written_at", "last_run", "sequence")}


def test_one_table_is_one_object_with_its_contract(ask_json):
    [found] = ask_json("tables", "silver.lines")

    assert ("silver.lines", 0, "merge", ["bronze.shop__lines"]) == (
        found["table"],
        found["version"],
        found["write_disposition"],
        found["inputs"],
    )
    assert ["order_id", "line_number", "product", "changed_at"] == [column["column"] for column in found["columns"]]


def test_one_table_is_told_to_people(ask):
    told = " ".join(ask("tables", "silver.orders").stdout.split())

    for words in (
        "silver.orders, refined: One row per key.",
        "last run run-2, batch 2",
        "key order_id",
        "customer_id bigint of silver.customers.customer_id Buyer.",
        "amount_not_negative row error not (amount_eur < 0)",
    ):
        assert words in told


@pytest.mark.parametrize("arguments", [["tables"], ["tables", "silver.orders"], ["tables", "gold.totals"]])
def test_nothing_is_wider_than_the_terminal(ask, arguments):
    assert [] == [line for line in ask(*arguments).stdout.splitlines() if len(line) > 100]


def test_heads_stand_on_one_line_and_numbers_on_the_right(ask):
    head, *lines = ask("tables").stdout.splitlines()

    heads = ["table", "ver", "rows", "files", "size", "written", "(UTC)", "last", "run", "batch", "quarantined"]
    assert heads == head.split()
    assert 10 == len(lines)
    ends = head.index("rows") + len("rows")
    assert {"1", "2", "3", "4", "-"} == {line[:ends].split()[-1] for line in lines}
