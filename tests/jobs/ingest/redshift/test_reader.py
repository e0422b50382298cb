"""Tables of Redshift are unloaded from the position on and read strictly; troubles come back as errors of the house."""

import json
import logging
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import boto3
import pytest
from pyspark.sql import SparkSession

from jobs.ingest.read_cost import ReadCost
from jobs.ingest.redshift import statement as redshift_statement
from jobs.ingest.redshift.reader import read_redshift
from jobs.runtime import aws
from scripts.sources.redshift.data_api import Fault
from scripts.sources.redshift.stand_in import RedshiftStandIn
from shared.contracts import Source
from shared.errors import SchemaDriftError, SourceContentError, SourceUnavailableError, TerminalError
from shared.jobs import Job, Replay, Status, Step, Window
from tests.support.small_contracts import contract
from tests.support.small_lake import SmallLake, make_tables

pytestmark = pytest.mark.slow

COLUMNS = {
    "id": "bigint",
    "amount": "decimal(19,4)",
    "small": "int",
    "paid": "boolean",
    "day": "date",
    "note": "string",
    "ratio": "double",
    "changed": "timestamp",
    "seen": "timestamp",
}


def orders(name="orders", cursor="changed", **settings):
    place = {"system": "redshift", "type": "redshift", "database": "shop", "schema": "sales"}
    return Source(**place, object=name, cursor=cursor, **settings)


@dataclass
class Read:
    """Reads a table from a position on."""

    session: SparkSession
    job: Job
    redshift: RedshiftStandIn

    def __call__(self, table, position=None, window=None):
        return read_redshift(self.session, table, self.job.model_copy(update={"window": window}), position)

    @property
    def unloaded(self):
        """The files that are left of unloads."""
        return list(Path(self.job.lake_root).rglob("*.parquet"))


@pytest.fixture
def read(session, job, redshift):
    session.conf.set("spark.sql.ansi.enabled", "true")
    return Read(session, job, redshift)


@pytest.fixture
def table(table_of):
    return table_of({"id": "bigint", "changed": "timestamp"}, orders())


@pytest.fixture
def impatient(monkeypatch):
    """One try of each call, and no waiting between tries of a statement."""
    config = aws.CONFIG.merge(type(aws.CONFIG)(retries={"mode": "standard", "total_max_attempts": 1}))
    monkeypatch.setattr(aws, "CONFIG", config)
    monkeypatch.setattr(redshift_statement, "PAUSE_SECONDS", 0.0)


def rows(reading):
    names = [name for name in reading.rows.columns if name != "_source_position"]
    return {row["id"]: tuple(row[name] for name in names) for row in reading.rows.toLocalIterator()}


def in_utc(reading):
    """The rows with their timestamps as text: `collect` gives them in this process's zone."""
    casts = [f"CAST({n} AS STRING) AS {n}" if t == "timestamp" else n for n, t in reading.rows.dtypes]
    return {row["id"]: row for row in reading.rows.selectExpr(*casts).collect()}


def test_rows_come_with_the_contracts_types_and_their_positions(read, table_of):
    reading = read(table_of(COLUMNS, orders()))
    found = in_utc(reading)
    first, second = found[1], found[2]
    assert (Decimal("12.3456"), 10, True, date(2024, 2, 29), 'it\'s "näive" \\', 0.5) == tuple(first)[1:7]
    assert ("2024-01-01 00:00:00", "2024-01-01 00:00:00", None, None, []) == (
        first.changed, first.seen, first._rescued, first._raw, first._reasons,
    )  # fmt: skip
    assert (Decimal("-0.0001"), None, False, date(1969, 12, 31), None, None) == tuple(second)[1:7]
    assert "2024-01-02 03:04:05.678901" == second.changed
    assert {"shop.sales.orders"} == {row._source_position for row in found.values()}
    assert list(table_of(COLUMNS, orders()).column_names) == reading.rows.columns[: len(COLUMNS)]
    sizes = [file.stat().st_size for file in read.unloaded]
    assert ReadCost(requests=1 + len(sizes), bytes=sum(sizes)) == reading.cost()


@pytest.mark.parametrize(
    "settings, position, expected",
    [
        pytest.param({}, None, ([1, 2, 3, 4], ""), id="first time"),
        pytest.param(
            {"initial_value": "2024-01-02"}, None, ([2, 3, 4], ">= ''2024-01-02 00:00:00.000000''::TIMESTAMP"),
            id="initial value",
        ),
        pytest.param(
            {"initial_value": "2000-01-01"}, {"cursor": "2024-01-04 00:00:00"},
            ([3, 4], ">= ''2024-01-04 00:00:00.000000''::TIMESTAMP"), id="position",
        ),
        pytest.param(
            {"lag_seconds": 2 * 86_400}, {"cursor": "2024-01-04 00:00:00"},
            ([2, 3, 4], ">= ''2024-01-02 00:00:00.000000''::TIMESTAMP"), id="position less lag",
        ),
        pytest.param(
            {"initial_value": "2024-01-02", "end_value": "2024-01-04"}, None,
            ([2, 4], "< ''2024-01-04 00:00:00.000000''::TIMESTAMP"), id="below the end value",
        ),
    ],
)  # fmt: skip
def test_only_the_window_is_asked_for(read, table, settings, position, expected):
    before = len(read.redshift.statements)
    reading = read(replace(table, source=orders(**settings)), position)
    ids, where = expected
    assert ids == sorted(rows(reading))
    [statement] = read.redshift.statements[before:]
    assert where in statement
    assert statement.startswith('UNLOAD (\'SELECT * FROM "sales"."orders"')


def test_a_backfill_is_given_its_window(read, table):
    assert {2} == set(rows(read(table, {"cursor": "2026-01-01"}, Window(since="2024-01-02", until="2024-01-04"))))


def test_an_unload_stays_the_same_while_the_source_moves_on(read, table, redshift):
    reading = read(table)
    redshift.run("DELETE FROM sales.orders")
    assert [1, 2, 3, 4] == sorted(rows(reading))
    assert Path(reading.scratch).is_dir()


def test_a_table_without_rows_gives_none(read, table_of):
    given = table_of({"id": "bigint", "changed": "timestamp"}, orders("empty"))
    assert {} == rows(read(given))


def test_a_new_column_is_rescued(read, table, redshift):
    redshift.run("ALTER TABLE sales.orders ADD COLUMN coupon VARCHAR(9)")
    redshift.run("UPDATE sales.orders SET coupon = 'SPRING' WHERE id = 1")
    rescued = {row["id"]: row["_rescued"] for row in read(table).rows.collect()}
    assert {"note": 'it\'s "näive" \\', "coupon": "SPRING"}.items() <= json.loads(rescued[1]).items()
    assert "coupon" not in (rescued[2] or "")


@pytest.mark.parametrize(
    "change, words",
    [
        pytest.param("DROP COLUMN note", "lacks columns of the contract: note", id="dropped"),
        pytest.param("RENAME COLUMN note TO remark", "lacks columns of the contract: note", id="renamed"),
    ],
)
def test_a_column_that_went_is_refused_by_name(read, table_of, change, words):
    read.redshift.run(f"ALTER TABLE sales.orders {change}")
    with pytest.raises(SchemaDriftError, match=words):
        read(table_of({"id": "bigint", "note": "string"}, orders(cursor=None)))
    assert [] == read.unloaded


def test_a_column_of_another_kind_is_refused_and_one_value_too_many_is_quarantined(read, table_of, redshift):
    redshift.run("ALTER TABLE sales.orders ALTER COLUMN small TYPE BIGINT")
    redshift.run("UPDATE sales.orders SET small = 3000000000 WHERE id = 3")
    given = table_of({"id": "bigint", "small": "int"}, orders(cursor=None))
    found = {row["id"]: row for row in read(given).rows.collect()}
    assert (["small: the value does not fit int32"], 3_000_000_000) == (
        found[3]["_reasons"], json.loads(found[3]["_raw"])["small"],
    )  # fmt: skip
    assert (10, []) == (found[1]["small"], found[1]["_reasons"])
    redshift.run("ALTER TABLE sales.orders ALTER COLUMN small TYPE VARCHAR(20)")
    reading = read(given)
    with pytest.raises(Exception, match="of another kind than its contract says"):
        reading.rows.collect()


@pytest.mark.parametrize(
    "name, columns, error",
    [
        pytest.param("nope", {"id": "bigint"}, SourceContentError, id="unknown table"),
        pytest.param("orders", {"id": "bigint", "nope": "timestamp"}, SchemaDriftError, id="unknown cursor"),
    ],
)
def test_what_redshift_does_not_have_is_refused_at_once(read, table_of, name, columns, error):
    before = len(read.redshift.statements)
    cursor = "nope" if "nope" in columns else None
    with pytest.raises(error, match=r"redshift, shop\.sales\.\w+, from .*does not exist"):
        read(table_of(columns, orders(name, cursor=cursor, initial_value="2024-01-01" if cursor else None)))
    assert 1 == len(read.redshift.statements) - before


@pytest.mark.parametrize("fault", [Fault.FAILED, Fault.ABORTED, Fault.THROTTLED, Fault.BUSY, Fault.DROPPED])
@pytest.mark.usefixtures("impatient")
def test_a_passing_fault_is_met_with_another_try_elsewhere(read, table, redshift, fault):
    redshift.suffer(fault)
    before = len(redshift.statements)
    reading = read(table)
    assert [1, 2, 3, 4] == sorted(rows(reading))
    places = [s.partition(" TO ")[2].partition(" IAM")[0] for s in redshift.statements[before:]]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("fault", [Fault.FAILED, Fault.ABORTED, Fault.THROTTLED, Fault.DROPPED])
@pytest.mark.usefixtures("impatient")
def test_a_fault_that_stays_names_system_table_and_position(read, table, fault):
    read.redshift.suffer(*[fault] * 30)
    with pytest.raises(SourceUnavailableError) as failed:
        read(table, {"cursor": "2024-01-03 00:00:00"})
    for fact in ("bronze.crm__things", "redshift", "shop.sales.orders", "2024-01-03 00:00:00"):
        assert fact in str(failed.value)
    assert [] == read.unloaded


@pytest.mark.usefixtures("impatient")
def test_a_statement_without_end_is_cancelled(read, table, redshift, monkeypatch):
    monkeypatch.setattr(redshift_statement, "STATEMENT_SECONDS", 0)
    redshift.suffer(*[Fault.HANGS] * 3)
    with pytest.raises(SourceUnavailableError, match="no end in 0 s"):
        read(table)
    assert ["ABORTED"] * 3 == [s["Status"] for s in list(redshift._api.statements.values())[-3:]]


def test_a_role_that_may_not_write_is_told(read, table, redshift, account):
    parameter = json.loads(redshift.parameter) | {"unload_role": "arn:aws:iam::123456789012:role/other"}
    parameters = boto3.client("ssm", endpoint_url=account)
    parameters.put_parameter(
        Name="/lakewright/local/sources/redshift", Value=json.dumps(parameter), Type="String", Overwrite=True
    )
    with pytest.raises(TerminalError, match=r"may not write the unload.*associate the unload role"):
        read(table)


@pytest.mark.usefixtures("impatient")
def test_words_of_redshift_that_may_quote_rows_are_not_told(read, table_of, redshift, caplog):
    redshift.run("CREATE VIEW sales.broken AS SELECT CAST(note AS INTEGER) AS id FROM sales.orders")
    with caplog.at_level(logging.DEBUG, logger="jobs"), pytest.raises(SourceUnavailableError) as failed:
        read(table_of({"id": "bigint"}, orders("broken", cursor=None)))
    assert "näive" not in str(failed.value) + caplog.text
    assert "näive" in list(redshift._api.statements.values())[-1]["Error"]


def test_the_lag_brings_a_late_row_and_doubles_nothing(read, table_of, redshift):
    given = table_of({"id": "bigint", "changed": "timestamp"}, orders(lag_seconds=2 * 86_400))
    redshift.run("INSERT INTO sales.orders (id, changed) VALUES (5, '2024-01-03')")
    assert [2, 3, 4, 5] == sorted(rows(read(given, {"cursor": "2024-01-04 00:00:00"})))
    short = replace(given, source=replace(given.source, lag_seconds=3600))
    assert [3, 4] == sorted(rows(read(short, {"cursor": "2024-01-04 00:00:00"})))


ORDERS = "bronze.redshift__orders"
ORDERS_COLUMNS = """\
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Key.}
      - {name: small, logicalType: integer, physicalType: int, description: Pieces.}
      - {name: amount, logicalType: number, physicalType: "decimal(19,4)", description: Amount.}
      - {name: note, logicalType: string, physicalType: string, description: Words.}
      - {name: changed, logicalType: timestamp, physicalType: timestamp, description: When.}
"""


def test_a_replay_brings_in_what_was_refused_though_redshift_has_it_no_more(tmp_path, session, redshift):
    """From its unload over the quarantine into the table, by the types of a contract that was mended."""
    make_tables()
    text = contract(ORDERS, ORDERS_COLUMNS, {"writeDisposition": "append", "cursor": "changed", "lag": "365 days"})
    files = 'server: shop, type: s3, location: "s3://landing/redshift__orders/*.csv", format: csv'
    text = text.replace(files, "server: redshift, type: redshift, database: shop, schema: sales")
    lake = SmallLake(
        tmp_path, session, {ORDERS: text.replace("    physicalType", "    physicalName: orders\n    physicalType", 1)}
    )
    redshift.run("ALTER TABLE sales.orders ALTER COLUMN small TYPE BIGINT")
    redshift.run("UPDATE sales.orders SET small = 3000000000, amount = 922337203685477.5807 WHERE id = 1")
    redshift.run("UPDATE sales.orders SET small = 9000000000 WHERE id = 3")

    first = lake.run("r1", (Step.INGEST,))
    assert {"read": 4, "inserted": 2, "quarantined": 2} == first.books(ORDERS)
    # The window overlaps, and the rows that come again stand elsewhere in other files.
    redshift.run("DELETE FROM sales.orders WHERE id = 2")
    assert Status.UNCHANGED is lake.run("r2", (Step.INGEST,)).outcomes[ORDERS].status
    assert 2 == len(lake.refused(ORDERS))
    redshift.run("DELETE FROM sales.orders")
    lake.amend(ORDERS, "physicalType: int,", "physicalType: bigint,")
    again = lake.run("r3", (Step.INGEST,), replay=Replay(table=ORDERS, rule="small: the value does not fit int32"))

    assert {"read": 2, "inserted": 2} == again.books(ORDERS)
    assert [] == lake.refused(ORDERS)
    assert first.outcomes[ORDERS].cursor == again.outcomes[ORDERS].cursor
    frame = lake.frame(ORDERS).selectExpr("id", "small", "amount", "note", "CAST(changed AS STRING)").orderBy("id")
    assert [
        (1, 3_000_000_000, Decimal("922337203685477.5807"), 'it\'s "näive" \\', "2024-01-01 00:00:00"),
        (2, None, Decimal("-0.0001"), None, "2024-01-02 03:04:05.678901"),
        (3, 9_000_000_000, None, None, "2024-01-04 00:00:00"),
        (4, None, None, None, None),
    ] == [tuple(row) for row in frame.collect()]
