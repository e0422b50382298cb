"""One SELECT runs over the tables that it names; nothing else is opened, read or written."""

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, write_deltalake
from deltalake.schema import PrimitiveType

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import Lake, open_lake
from scripts.looking.query import select
from scripts.looking.relations import Relations
from scripts.looking.rollback_preview import preview_rollback
from scripts.looking.runs import one_run
from shared.errors import RollbackError, UnknownNameError
from shared.names import TableName
from tests.support.hand_made_lake import FIRST, RED, HandMadeLake

EXISTING = (
    "bronze.shop__customers, bronze.shop__lines, bronze.shop__orders, silver.customers, silver.lines, silver.orders, "
    "gold.sales, gold.totals, quarantine.bronze__shop__orders, quarantine.silver__lines, quarantine.silver__orders"
)


@pytest.fixture(autouse=True)
def _contracts(catalog, monkeypatch):
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param(
            "SELECT * FROM silver.orders WHERE order_id = 1",
            {
                "order_id": 1,
                "customer_id": 7,
                "amount_eur": Decimal("11.00"),
                "state": "sent",
                "changed_at": datetime(2025, 2, 1, tzinfo=UTC),
            },
            id="a table with its types",
        ),
        pytest.param("SELECT count(*) AS n FROM Silver.ORDERS", {"n": 2}, id="names in any case"),
        pytest.param("FROM silver.orders SELECT max(state) AS m", {"m": "sent"}, id="FROM first"),
        pytest.param(
            "SELECT count(*) AS n FROM silver.orders JOIN gold.sales USING (order_id)", {"n": 2}, id="two tables"
        ),
        pytest.param(
            "WITH orders AS (FROM silver.orders) SELECT count(*) AS n FROM orders", {"n": 2}, id="a name of its own"
        ),
        pytest.param(
            "SELECT row_key FROM quarantine.silver__orders", {"row_key": '{"order_id":4}'}, id="what was refused"
        ),
        pytest.param(
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM N WHERE i < 3), m AS (FROM n) "
            "SELECT (SELECT max(i) FROM M) AS i FROM range(1)",
            {"i": 3},
            id="names that stand on each other, and rows of a function",
        ),
        pytest.param(
            "SELECT string_agg(column_name) AS names FROM (DESCRIBE SELECT 1 AS a, 2 AS b)",
            {"names": "a,b"},
            id="what a query gives",
        ),
        pytest.param("SELECT DATE '2026-01-01' AS d", {"d": date(2026, 1, 1)}, id="no table at all"),
        pytest.param("SELECT 1 AS a, 2 AS a, 3 AS a_1", {"a": 1, "a_1": 2, "a_1_1": 3}, id="names given twice"),
        pytest.param(
            "SELECT TIMESTAMPTZ '2026-01-01'::VARCHAR AS t", {"t": "2026-01-01 00:00:00+00"}, id="time is UTC"
        ),
    ],
)
def test_select_is_answered(lake, sql, expected):
    assert [expected] == select(lake, sql).rows


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("SELEC 1", 'the query cannot be read; given: syntax error at or near "SELEC"', id="no SQL"),
        pytest.param("SELECT 1; SELECT 2", "given: 2 statements; expected: one SELECT", id="two statements"),
        pytest.param("", "given: 0 statements; expected: one SELECT", id="nothing"),
        pytest.param("DELETE FROM silver.orders", "given: another statement; expected: one SELECT", id="a change"),
        pytest.param("COPY (SELECT 1) TO '/tmp/x'", "given: another statement; expected: one SELECT", id="a file out"),
        pytest.param("SELECT total FROM silver.orders", 'Referenced column "total" not found', id="unknown column"),
        pytest.param("SELECT * FROM read_text('/etc/hosts')", "past the tables; given: read_text; exp", id="a file in"),
        pytest.param(
            "SELECT (FROM (FROM Query('SELECT 1')))", "past the tables; given: query; exp", id="a text as SQL"
        ),
        pytest.param("SHOW TABLES", "to fix: ./lake tables has them", id="DuckDB's own list"),
        pytest.param("FROM (SHOW ALL TABLES)", "to fix: ./lake tables has them", id="the longer one"),
        pytest.param("SELECT error('no')", "the query cannot be run; given: Invalid Input Error: no", id="a failure"),
        pytest.param(
            "SELECT * FROM silver.stock", "silver.stock is not there yet; to fix: run ./lake run", id="not yet"
        ),
    ],
)
def test_wrong_query_is_refused_in_one_line(lake, sql, expected):
    with pytest.raises(WrongRequestError) as refused:
        select(lake, sql)

    assert expected in str(refused.value)
    assert 1 == len(str(refused.value).splitlines())


@pytest.mark.parametrize(
    "table",
    [
        "orders",
        "silver.order",
        "copper.orders",
        "quarantine.silver__stock",
        "quarantine.orders",
        "information_schema.tables",
        "lake.silver.order",
        "'/etc/hosts'",
        '"silver.orders"',
        '"silver"."../silver/orders"',
    ],
)
def test_unknown_table_is_answered_with_those_that_exist(lake, table):
    with pytest.raises(UnknownNameError, match=f"one of {EXISTING}$"):
        select(lake, f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT * FROM {file}, (WITH {file} AS (SELECT 1) SELECT 2)", id="outside of the WITH"),
        pytest.param("WITH {file} AS (FROM {file}) FROM {file}", id="in the WITH itself"),
        pytest.param("WITH a AS (FROM {file}), {file} AS (SELECT 1) FROM a", id="in the one before"),
        pytest.param(
            "WITH RECURSIVE {file} AS (FROM {file} UNION ALL (FROM {file} LIMIT 0)) FROM {file}", id="its start"
        ),
        pytest.param("WITH {kelvin} AS (SELECT 1) FROM {file}", id="a letter that is another in lower case"),
    ],
)
def test_a_name_of_its_own_opens_no_file(lake, sql):
    [file, *_] = DeltaTable(f"{lake.root}/silver/orders").to_pyarrow_dataset().files
    path = f"{lake.root}/silver/orders/{file}"
    names = {"file": f'"{path}"', "kelvin": f'"{path.replace("k", chr(0x212A))}"'}

    with pytest.raises(UnknownNameError):
        select(lake, "SELECT count(*) FROM silver.orders, (" + sql.format(**names) + ")")


def test_an_open_table_lets_no_other_file_be_read(lake):
    relations = Relations()
    relations.open("silver", "orders", lake.table(TableName.parse("silver.orders")))
    relations.lock()

    with pytest.raises(duckdb.PermissionException, match="file system operations are disabled"):
        relations.rows("SELECT * FROM read_text('/etc/hosts')")


def test_variables_of_the_program_are_no_tables(lake):
    rows = [{"a": 1}]

    with pytest.raises(UnknownNameError):
        select(lake, "SELECT * FROM rows")
    assert rows


def test_limit_cuts_the_answer(lake):
    assert [{"order_id": 1}] == select(lake, "SELECT order_id FROM silver.orders ORDER BY 1", limit=1).rows


def test_columns_are_known_without_rows(lake):
    answer = select(lake, "SELECT order_id AS o FROM silver.orders WHERE false")

    assert (["o"], []) == (answer.columns, answer.rows)


def test_tables_are_read_as_of_the_end_of_a_run(lake):
    sql = "SELECT sum(amount_eur) AS s FROM silver.orders"

    assert [Decimal("30.50"), Decimal("31.00")] == [
        select(lake, sql, as_of=one_run(lake, run)).rows[0]["s"] for run in (FIRST, RED)
    ]


@pytest.mark.parametrize(
    "table, expected",
    [
        pytest.param("silver.stock", "silver.stock was not there at the end of run run-1", id="not there then"),
        pytest.param("quarantine.silver__lines", "holds no versions of quarantines", id="a quarantine"),
    ],
)
def test_what_a_run_does_not_know_cannot_be_read_as_of_it(lake, table, expected):
    with pytest.raises(WrongRequestError, match=expected):
        select(lake, f"SELECT * FROM {table}", as_of=one_run(lake, FIRST))


@pytest.fixture
def stock(tmp_path, catalog) -> Lake:
    """A lake with one table, for tests that change it."""
    made = HandMadeLake(tmp_path, catalog)
    made.put("silver.stock", "r1", 1, ["pen", 3])
    made.record("r1", datetime(2026, 1, 1, tzinfo=UTC), {"silver.stock": 0, "silver.orders": 9})
    return open_lake(made.root)


def test_version_that_the_log_no_longer_holds_is_told(stock, catalog):
    made = HandMadeLake(stock.root, catalog)
    made.record("r2", datetime(2026, 1, 2, tzinfo=UTC), {"silver.stock": 5})

    with pytest.raises(WrongRequestError, match=r"silver\.stock cannot be read as of run r2; given: version 5: "):
        select(stock, "SELECT * FROM silver.stock", as_of=one_run(stock, "r2"))


def test_table_that_was_made_anew_is_not_read_as_of_a_run_before(stock, catalog):
    shutil.rmtree(f"{stock.root}/silver/stock")
    HandMadeLake(Path(stock.root), catalog).put("silver.stock", "r2", 1, ["ink", 4])

    with pytest.raises(WrongRequestError, match=r"as of run r1; given: version 0: the run's table had the id "):
        select(stock, "SELECT * FROM silver.stock", as_of=one_run(stock, "r1"))
    with pytest.raises(RollbackError, match=r"version 0 of silver\.stock was of a table that is no longer there"):
        preview_rollback(stock, one_run(stock, "r1"), catalog.table("silver.stock"))


def test_files_older_than_a_column_give_null(stock, catalog):
    table = DeltaTable(f"{stock.root}/silver/stock")
    table.alter.add_columns([Field("shelf", PrimitiveType("string"))])

    assert [{"product": "pen", "pieces": 3, "shelf": None}] == select(stock, "SELECT * FROM silver.stock").rows


def test_files_may_lie_in_folders_named_by_odd_values(tmp_path):
    root = tmp_path / "50% é+"
    write_deltalake(f"{root}/silver/stock", pa.table({"shelf": ["a b", "%41"], "pieces": [1, 2]}), partition_by="shelf")

    assert [{"n": 3}] == select(open_lake(str(root)), "SELECT sum(pieces) AS n FROM silver.stock").rows


def test_table_without_files_has_no_rows(stock):
    DeltaTable(f"{stock.root}/silver/stock").delete()

    answer = select(stock, "SELECT * FROM silver.stock")

    assert (["product", "pieces"], []) == (answer.columns, answer.rows)
