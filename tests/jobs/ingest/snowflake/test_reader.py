"""Tables of Snowflake are read through Spark, from the position on; its troubles come back as errors of the house."""

import json
import time
import traceback
from datetime import date, datetime
from decimal import Decimal

import pytest
from pyspark import cloudpickle

from jobs.ingest.read_cost import ReadCost
from jobs.ingest.snowflake.reader import read_snowflake
from shared.contracts import Disposition, Source
from shared.errors import SchemaDriftError, SourceContentError, SourceUnavailableError, TerminalError
from shared.jobs import Window

pytestmark = pytest.mark.slow

COLUMNS = {
    "id": "bigint",
    "limit": "int",
    "amount": "decimal(19,4)",
    "paid": "boolean",
    "day": "date",
    "note": "string",
    "ratio": "double",
    "changed": "timestamp",
}
GOOD = ("SHOP.SALES.ORDERS", None, None, [])
FIRST = (1, 10, Decimal("12.3456"), True, date(2024, 2, 29), 'it\'s "näive"', 0.5, datetime(2024, 1, 1), *GOOD)  # noqa: DTZ001
SECOND = (
    2,
    None,
    Decimal("-0.0001"),
    False,
    date(1969, 12, 31),
    None,
    None,
    datetime(2024, 1, 2, 3, 4, 5, 678901),  # noqa: DTZ001
    *GOOD,
)


def orders(name="ORDERS", cursor="changed", lag=0):
    return Source(
        system="snowflake",
        type="snowflake",
        object=name,
        database="SHOP",
        schema="SALES",
        cursor=cursor,
        lag_seconds=lag,
    )


@pytest.fixture
def rows(staged):
    return lambda reading: sorted(tuple(row) for row in staged(reading)[0].collect())


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    # `collect` gives timestamps in this process's zone.
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def table(table_of):
    return table_of({"id": "bigint"}, orders(cursor=None))


@pytest.fixture
def read(session, job, snowflake, put_secret):
    """Read a table from a position on, with a connection that may be changed."""

    def read_table(table, position=None, window=None, **changes):
        put_secret(snowflake.secret | changes)
        return read_snowflake(session, table, job.model_copy(update={"window": window}), position)

    return read_table


def test_rows_come_with_the_contracts_types(read, rows, table_of):
    reading = read(table_of(COLUMNS, orders()))
    first, second, third, fourth = rows(reading)
    assert [FIRST, SECOND] == [first, second]
    assert (3, None, Decimal("999999999999999.9999"), None, date(1, 1, 1)) == third[:5]
    assert ["limit: the value does not fit int32"] == third[-1]
    assert json.loads(third[-2])["LIMIT"] == 3_000_000_000
    assert (4, date(9999, 12, 31), None) == (fourth[0], fourth[4], fourth[7])
    assert reading.position is None


def test_the_query_runs_once_and_asks_for_the_window(read, staged, table_of, snowflake):
    before = len(snowflake.queries)
    table = table_of({"id": "bigint", "changed": "timestamp"}, orders(lag=86_400))
    reading = read(table, {"cursor": "2024-01-03 00:00:00"})
    found, _ = staged(reading)
    assert [2, 3, 4] == sorted(row[0] for row in found.collect())
    assert found.where("id > 2").count() == 2
    [query] = snowflake.queries[before:]
    assert (
        'SELECT "ID", "CHANGED" FROM "SHOP"."SALES"."ORDERS" '
        """WHERE "CHANGED" >= '2024-01-02 00:00:00.000000'::TIMESTAMP_NTZ OR "CHANGED" IS NULL"""
    ) == query


def test_a_backfill_is_given_its_window(read, rows, table_of):
    table = table_of({"id": "bigint", "changed": "timestamp"}, orders(lag=86_400))
    reading = read(table, {"cursor": "2026-01-01"}, Window(since="2024-01-01", until="2024-01-02"))
    assert [1] == [row[0] for row in rows(reading)]


def test_the_parts_of_a_long_answer_share_a_task_while_they_are_small(read, staged, table_of):
    table = table_of({"id": "bigint", "name": "string"}, orders("MANY", cursor=None), Disposition.SNAPSHOT)
    found, fetched = staged(read(table))
    assert len(found.inputFiles()) == 1
    # The statement and three parts; a row has a number of eight bytes and some letters.
    assert (4, True) == (fetched.requests, fetched.bytes > 25_000 * 16)
    assert (25_000, 312_512_500) == tuple(found.selectExpr("count(*)", "sum(id)").first())


def test_a_table_without_rows_gives_none(read, staged, table_of):
    found, fetched = staged(read(table_of({"id": "bigint", "name": "string"}, orders("EMPTY", cursor=None))))
    assert ([], ReadCost(requests=1, bytes=0)) == (found.collect(), fetched)


@pytest.mark.parametrize(
    "columns, name, expected",
    [
        # The stand-in has one number for both; that Snowflake's own is a drift, test_snowflake_connection.py says.
        pytest.param(
            {"id": "bigint", "nope": "string"}, "ORDERS", (SourceContentError, "is not there"), id="no column"
        ),
        pytest.param({"id": "bigint"}, "NOPE", (SourceContentError, "is not there"), id="no table"),
        pytest.param({"id": "string"}, "ORDERS", (SchemaDriftError, "of another kind than its contract"), id="kind"),
    ],
)
def test_a_table_that_is_not_as_its_contract_says_is_refused(read, table_of, columns, name, expected, *, failure):
    table = table_of(columns, orders(name, cursor=None))
    error = failure(read(table))
    kind, words = expected
    assert (kind, True) == (type(error), words in str(error))
    assert str(error).startswith("bronze.crm__things: ")


def test_a_snowflake_in_passing_trouble_is_asked_again(read, rows, table, snowflake):
    snowflake.refuse(times=2, status=503)
    assert [1, 2, 3, 4] == [row[0] for row in rows(read(table))]


@pytest.mark.parametrize("status", [pytest.param(503, id="unavailable"), pytest.param(429, id="throttled")])
def test_a_snowflake_that_stays_in_trouble_is_unavailable(read, failure, table_of, snowflake, status):
    table = table_of(COLUMNS, orders())
    snowflake.refuse(times=1000, status=status)
    try:
        error = failure(read(table, {"cursor": "2024-01-03 00:00:00"}))
    finally:
        snowflake.refuse(times=0, status=status)
    assert SourceUnavailableError is type(error)
    for fact in ("bronze.crm__things", "snowflake", "SHOP.SALES.ORDERS", "2024-01-03 00:00:00"):
        assert fact in str(error)


def test_a_snowflake_that_is_not_there_is_unavailable(read, failure, table):
    assert SourceUnavailableError is type(failure(read(table, port=1)))


def test_a_refused_login_says_what_to_do_and_tells_nothing(read, failure, table, capfd):
    error = failure(read(table, user="canary-user", password="canary-password"))
    assert (TerminalError, True) == (type(error), "the login was refused" in str(error))
    assert "canary" not in "".join(traceback.format_exception(error)) + "".join(capfd.readouterr())


def test_the_connection_stands_in_no_plan_and_in_no_part(read, staged, table_of, snowflake, capfd):
    reading = read(table_of(COLUMNS, orders()))
    found, _ = staged(reading)
    found.explain(extended=True)
    parts, _ = reading.rows.plan()
    sent = b"".join(parts) + cloudpickle.dumps(reading.rows.read)
    shown = "".join(capfd.readouterr()) + sent.decode("latin-1")
    for secret in (snowflake.secret["password"], snowflake.secret["user"]):
        assert secret not in shown


def test_a_secret_that_is_missing_is_told_by_its_name(session, failure, table, job):
    error = failure(read_snowflake(session, table, job, None))
    assert (TerminalError, True) == (type(error), "lakewright/local/snowflake" in str(error))
