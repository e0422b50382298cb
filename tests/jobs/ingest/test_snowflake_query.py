"""The statement asks for the contract's columns from the position less the lag on, and nothing can break out of it."""

import pytest

from jobs.ingest.snowflake_query import quoted, source_query
from shared.contracts import Source
from shared.errors import ContractError

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


def statement(table_of, given, position):
    return source_query(table_of(COLUMNS, given), given, position).statement


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
    "name, identifier",
    [
        pytest.param("salesorderid", '"SALESORDERID"', id="plain"),
        pytest.param("order", '"ORDER"', id="reserved"),
        pytest.param("My Table", '"My Table"', id="with blank"),
        pytest.param('a"; DROP TABLE b; --', '"a""; DROP TABLE b; --"', id="with quote"),
    ],
)
def test_names_are_quoted_as_snowflake_stores_them(name, identifier):
    assert identifier == quoted(name)


def test_the_place_and_the_start_are_told_in_words(table_of):
    given = source("changed")
    query = source_query(table_of(COLUMNS, given), given, {"cursor": "2011-11-30"})
    told = ("SHOP.SALES.ORDERS", "changed >= '2011-11-30 00:00:00.000000'::TIMESTAMP_NTZ")
    assert told == (query.place, query.since)
