"""What bronze refused is read again: lines from their files, rows from the quarantine, snapshots from the source."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from math import inf
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from jobs.ingest import strict_cast
from jobs.ingest.readers import READERS
from jobs.ingest.reading import Reading
from jobs.ingest.reading_schema import reading_schema
from jobs.ingest.row_text import row_text
from jobs.ingest.strict_cast import fit
from shared.errors import TerminalError
from shared.jobs import Replay, Status, Step
from tests.support.small_contracts import contract
from tests.support.small_lake import NOON

pytestmark = pytest.mark.extra

TABLE = "bronze.shop__customers"
HEADER = "customer_id,name,changed_at"
TEN = "2026-01-01 10:00:00"
REPLAY = Replay(table=TABLE)


def held(lake, table=TABLE):
    return [(row[0], row[2]) for row in lake.refused(table)]


def test_lines_come_in_once_their_encoding_or_their_file_is_mended(small_lake):
    lake = small_lake
    lake.only(TABLE)
    path = lake.land(TABLE, HEADER, f"1,Ann,{TEN}", f"2,J?rg,{TEN}", "3,short", name="a.csv")
    path.write_bytes(path.read_bytes().replace(b"?", b"\xfc"))
    os.utime(path, (NOON, NOON))
    lake.land(TABLE, HEADER, "4,shorter", name="b.csv")
    lake.run("r1", (Step.INGEST,))
    assert [(1, "shop__customers/a.csv#3"), (1, "shop__customers/a.csv#4"), (1, "shop__customers/b.csv#2")] == held(
        lake
    )
    assert Status.UNCHANGED is lake.run("r2", (Step.INGEST,)).outcomes[TABLE].status

    lake.amend(TABLE, "format: csv}", "format: csv, encoding: ISO-8859-1}")
    (path.parent / "b.csv").unlink()
    ran = lake.run("r3", (Step.INGEST,), replay=REPLAY)
    assert {"read": 2, "inserted": 1, "quarantined": 1} == ran.books(TABLE)
    assert [("1", "Ann", TEN), ("2", "Jürg", TEN)] == lake.rows(TABLE)
    # The file of the last one is gone, so it stays where it was.
    assert [(1, "shop__customers/b.csv#2"), (2, "shop__customers/a.csv#4")] == held(lake)

    # A file that was sent again is read as every file that changed; its old refusals leave with the next replay.
    lake.land(TABLE, HEADER, f"1,Ann,{TEN}", f"2,Jurg,{TEN}", f"3,Cy,{TEN}", name="a.csv")
    assert {"read": 3, "inserted": 2, "superseded": 1} == lake.run("r4", (Step.INGEST,)).books(TABLE)
    ran = lake.run("r5", (Step.INGEST,), replay=REPLAY)
    assert {"read": 1, "superseded": 1} == ran.books(TABLE)
    assert [(1, "shop__customers/b.csv#2")] == held(lake)
    assert ["1", "2", "2", "3"] == [row[0] for row in lake.rows(TABLE)]


def test_a_row_of_parquet_comes_in_without_the_others_of_its_file(small_lake):
    """And a `!` in a file's name is no archive's."""
    lake = small_lake
    lake.files = {
        SALES: contract(SALES, SALES_COLUMNS, {"writeDisposition": "append"}).replace(
            '*.csv", format: csv', '*.parquet", format: parquet'
        )
    }
    folder = Path(lake.landing_root, "desk__sales")
    folder.mkdir(parents=True)
    rows = [sales(1, 5), sales(2, 40_000), sales(3, 5)]
    schema = pa.schema([("PRICE", pa.decimal128(38, 9)), ("AT", pa.timestamp("us"))])
    types = {f.name: f.type for f in schema}
    columns = {name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]}
    pq.write_table(pa.table(columns), folder / "sold!.parquet")
    assert {"read": 3, "inserted": 2, "quarantined": 1} == lake.run("r1", (Step.INGEST,)).books(SALES)
    assert [(1, "desk__sales/sold!.parquet#2")] == held(lake, SALES)

    lake.amend(SALES, "physicalType: smallint", "physicalType: int")
    ran = lake.run("r2", (Step.INGEST,), replay=Replay(table=SALES))
    assert {"read": 1, "inserted": 1} == ran.books(SALES)
    assert [] == lake.refused(SALES)


SALES = "bronze.desk__sales"
SALES_COLUMNS = """\
      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Key.}
      - {name: pieces, logicalType: integer, physicalType: smallint, description: Pieces.}
      - {name: price, logicalType: number, physicalType: "decimal(38,9)", description: Price.}
      - {name: sold, logicalType: boolean, physicalType: boolean, description: Sold.}
      - {name: share, logicalType: number, physicalType: double, description: Share.}
      - {name: word, logicalType: string, physicalType: string, description: Word.}
      - {name: at, logicalType: timestamp, physicalType: timestamp, description: When.}
"""
EXACT = Decimal("12345678901234567890123456789.123456789")
AT = datetime(2026, 1, 1, 10, 0, 0, 123456, UTC).replace(tzinfo=None)


def sales(number, pieces, word='so "what"'):
    return {"ID": number, "PIECES": pieces, "PRICE": EXACT, "SOLD": True, "SHARE": 0.1, "WORD": word, "AT": AT}


def from_database(rows, spark, table, job, position):
    """What a database sends, brought to the contract's types as its reader does."""
    schema = to_arrow_schema(spark.createDataFrame([], reading_schema(table)).schema)
    typed = fit(pa.Table.from_pylist(rows), schema, "SHOP.SALES")
    return Reading(spark.createDataFrame(typed.to_pylist(), reading_schema(table)))


def on_a_database(disposition):
    files = 'type: s3, location: "s3://landing/desk__sales/*.csv", format: csv'
    custom = {"writeDisposition": disposition} | ({"cursor": "at"} if disposition == "append" else {})
    text = contract(SALES, SALES_COLUMNS, custom)
    return text.replace(files, "type: snowflake, account: a, database: d, schema: s")


def test_rows_of_a_database_come_in_from_the_quarantine_once_their_type_is_wide_enough(small_lake, monkeypatch):
    lake = small_lake
    lake.files = {SALES: on_a_database("append")}
    sent = [sales(1, 5), sales(2, 40_000) | {"SHARE": inf}, sales(3, 3_000_000_000), sales(4, 40_000)]
    # A text that is no JSON, as lakes of before have of rows with NaN.
    monkeypatch.setattr(strict_cast, "row_text", lambda row: "{" if row["ID"] == 4 else row_text(row))
    monkeypatch.setitem(READERS, "snowflake", partial(from_database, sent))
    first = lake.run("r1", (Step.INGEST,))
    assert {"read": 4, "inserted": 1, "quarantined": 3} == first.books(SALES)
    # The source may have them no more, and is not asked.
    monkeypatch.setitem(READERS, "snowflake", lambda *_: pytest.fail("the source was asked"))
    no_rule = Replay(table=SALES, rule="none")
    assert Status.UNCHANGED is lake.run("r2", (Step.INGEST,), replay=no_rule).outcomes[SALES].status

    lake.amend(SALES, "physicalType: smallint", "physicalType: int")
    ran = lake.run("r3", (Step.INGEST,), replay=Replay(table=SALES))
    assert {"read": 3, "inserted": 1, "quarantined": 2} == ran.books(SALES)
    word = 'so "what"'
    assert [(1, 5, EXACT, True, 0.1, word, AT), (2, 40_000, EXACT, True, inf, word, AT)] == lake.rows(SALES)
    assert [
        (["not a JSON object"], "SHOP.SALES"),
        (["pieces: the value does not fit int"], "SHOP.SALES"),
    ] == [row[1:3] for row in lake.refused(SALES)]
    assert first.outcomes[SALES].cursor == ran.outcomes[SALES].cursor
    assert {"read": 2, "quarantined": 2} == lake.run("r4", (Step.INGEST,), replay=Replay(table=SALES)).books(SALES)


def test_a_snapshot_is_read_again_whole(small_lake, monkeypatch):
    lake = small_lake
    lake.files = {SALES: on_a_database("snapshot")}
    monkeypatch.setitem(READERS, "snowflake", partial(from_database, [sales(1, 5), sales(2, 40_000)]))
    assert {"read": 2, "inserted": 1, "quarantined": 1} == lake.run("r1", (Step.INGEST,)).books(SALES)
    assert Status.UNCHANGED is lake.run("r2", (Step.INGEST,)).outcomes[SALES].status

    lake.amend(SALES, "physicalType: smallint", "physicalType: int")
    assert {"read": 2, "inserted": 2} == lake.run("r3", (Step.INGEST,), replay=Replay(table=SALES)).books(SALES)
    assert [] == lake.refused(SALES)
    assert [(1, 1), (1, 2), (2, 2)] == sorted(
        (r.id, r._sequence) for r in lake.frame(SALES).select("id", "_sequence").collect()
    )


def die(*_, **__):
    raise TerminalError("the run dies here")


@pytest.mark.parametrize("disposition", ["append", "snapshot"])
def test_a_replay_that_dies_is_put_back_by_a_run_that_finds_nothing_new(small_lake, monkeypatch, disposition):
    lake = small_lake
    lake.files = {SALES: on_a_database(disposition)}
    monkeypatch.setitem(READERS, "snowflake", partial(from_database, [sales(1, 5), sales(2, 40_000)]))
    lake.run("r1", (Step.INGEST,))
    before = lake.refused(SALES)
    assert 1 == len(before)
    with monkeypatch.context() as dying:
        dying.setattr("jobs.ingest.flow.land", die)
        ran = lake.run("r2", (Step.INGEST,), replay=Replay(table=SALES))
    assert Status.FAILED is ran.outcomes[SALES].status
    assert before != lake.refused(SALES)

    assert Status.UNCHANGED is lake.run("r3", (Step.INGEST,)).outcomes[SALES].status
    assert before == lake.refused(SALES)
