"""The statement asks for the contract's columns from the position less the lag on, and nothing can break out of it."""

from dataclasses import replace

import pytest

from jobs.ingest.snowflake.query import source_query
from shared.contracts import Source
from shared.errors import ContractError, WindowError
from shared.jobs import Window

COLUMNS = {"id": "bigint", "changed": "timestamp", "day": "date", "code": "string", "amount": "decimal(9,2)"}
START = 'SELECT "ID", "CHANGED", "DAY", "CODE", "AMOUNT" FROM "SHOP"."SALES"."ORDERS"'


def source(cursor=None, lag=0, initial=None, name="ORDERS"):
    return Source(
        system="snowflake",
        type="snowflake",
        object=name,
        database="SHOP",
        schema="SALES",
        cursor=cursor,
        lag_seconds=lag,
        initial_value=initial,
    )


def statement(table_of, given, position, window=None):
    return source_query(table_of(COLUMNS, given), given, position, window).statement


@pytest.mark.parametrize(
    "given, position, where",
    [
        pytest.param(source(), None, "", id="no cursor"),
        pytest.param(source(), {"content": "1"}, "", id="no cursor, a position of another kind"),
        pytest.param(source("changed"), None, "", id="first time without initial value"),
        pytest.param(
            source("changed", 900, "2011-01-01T00:00:00Z"),
            None,
            """ WHERE "CHANGED" >= '2011-01-01 00:00:00.000000'::TIMESTAMP_NTZ OR "CHANGED" IS NULL""",
            id="the initial value has no lag",
        ),
        pytest.param(
            source("changed", 900, "2011-01-01T00:00:00Z"),
            {"cursor": "2011-11-30 00:10:00.5"},
            """ WHERE "CHANGED" >= '2011-11-29 23:55:00.500000'::TIMESTAMP_NTZ OR "CHANGED" IS NULL""",
            id="position less lag",
        ),
        pytest.param(
            source("changed"),
            {"cursor": "2011-11-30T02:00:00+02:00"},
            """ WHERE "CHANGED" >= '2011-11-30 00:00:00.000000'::TIMESTAMP_NTZ OR "CHANGED" IS NULL""",
            id="a zone is brought to UTC",
        ),
        pytest.param(
            source("changed", 900, "2011-01-01"),
            {"cursor": None},
            """ WHERE "CHANGED" >= '2011-01-01 00:00:00.000000'::TIMESTAMP_NTZ OR "CHANGED" IS NULL""",
            id="a position without cursor",
        ),
        pytest.param(
            source("day", 86_401),
            {"cursor": "2012-03-01"},
            """ WHERE "DAY" >= '2012-02-28'::DATE OR "DAY" IS NULL""",
            id="date, lag in whole days upwards",
        ),
        pytest.param(
            source("code"),
            {"cursor": "o'neil\\"},
            """ WHERE "CODE" >= 'o''neil\\\\' OR "CODE" IS NULL""",
            id="string with quote and backslash",
        ),
        pytest.param(source("id"), {"cursor": "42"}, ' WHERE "ID" >= 42 OR "ID" IS NULL', id="number"),
        pytest.param(
            source("amount"), {"cursor": "1E+3"}, ' WHERE "AMOUNT" >= 1000 OR "AMOUNT" IS NULL', id="decimal number"
        ),
    ],
)
def test_rows_are_asked_for_from_the_position_on(given, position, where, table_of):
    assert START + where == statement(table_of, given, position)


@pytest.mark.parametrize(
    "given, position",
    [
        pytest.param(source("changed"), {"cursor": "yesterday"}, id="no timestamp"),
        pytest.param(source("id"), {"cursor": "1 OR 1=1"}, id="no number"),
        pytest.param(source("id"), {"cursor": "NaN"}, id="not a number"),
        pytest.param(source("id", lag=60), {"cursor": "42"}, id="number with lag"),
        pytest.param(source("day"), {"cursor": "2012-02-30"}, id="no date"),
    ],
)
def test_a_cursor_that_cannot_be_compared_is_refused(given, position, table_of):
    with pytest.raises(ContractError, match=r"crm__things.odcs.yaml:1: the cursor \w+ of type \w+ cannot start or end"):
        statement(table_of, given, position)


@pytest.mark.parametrize(
    "cursor, window, where",
    [
        pytest.param(
            "changed",
            Window(since="2011-06-01", until="2011-07-01T02:00:00+02:00"),
            """ WHERE "CHANGED" >= '2011-06-01 00:00:00.000000'::TIMESTAMP_NTZ"""
            """ AND "CHANGED" < '2011-07-01 00:00:00.000000'::TIMESTAMP_NTZ""",
            id="timestamp: no lag, no initial value, no rows without a cursor",
        ),
        pytest.param(
            "day",
            Window(since="2011-06-01", until="2011-07-01"),
            """ WHERE "DAY" >= '2011-06-01'::DATE AND "DAY" < '2011-07-01'::DATE""",
            id="date",
        ),
        pytest.param("id", Window(since="9", until="10"), ' WHERE "ID" >= 9 AND "ID" < 10', id="number"),
    ],
)
def test_a_backfill_asks_for_its_window_and_for_nothing_else(cursor, window, where, table_of):
    given = source(cursor, 0 if cursor == "id" else 86_400, "1")
    assert START + where == statement(table_of, given, {"cursor": "2026-01-01"}, window)


def test_an_end_of_the_contract_ends_a_backfill_too(table_of):
    given = replace(source("id"), end_value="15")
    assert START + ' WHERE "ID" >= 10 AND "ID" < 20 AND "ID" < 15' == statement(
        table_of, given, None, Window(since="10", until="20")
    )


@pytest.mark.parametrize(
    "cursor, since, until",
    [
        pytest.param("changed", "yesterday", "2026-01-01", id="no timestamp"),
        pytest.param("changed", "2026-01-02", "2026-01-01", id="ends before it begins"),
        pytest.param("day", "2026-01-01", "2026-01-01", id="empty"),
        pytest.param("id", "1", "2 OR 1=1", id="no number"),
    ],
)
def test_a_window_that_is_none_of_the_cursors_is_refused(cursor, since, until, table_of):
    with pytest.raises(WindowError, match=rf"bronze.crm__things has no such window of its cursor {cursor} of type"):
        statement(table_of, source(cursor), None, Window(since=since, until=until))


def test_the_place_and_the_start_are_told_in_words(table_of):
    given = source("changed")
    query = source_query(table_of(COLUMNS, given), given, {"cursor": "2011-11-30"})
    told = ("SHOP.SALES.ORDERS", "changed >= '2011-11-30 00:00:00.000000'::TIMESTAMP_NTZ")
    assert told == (query.place, query.since)
