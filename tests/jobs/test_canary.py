"""Marked values are put into every personal column of every source; none is found outside of where they belong."""

import json
import logging
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import types as T

from jobs.ingest.readers import READERS
from jobs.ingest.reading import Reading
from jobs.ingest.reading_schema import READING_COLUMNS
from jobs.runtime.tables import spark_type
from shared.contracts import Kind, load_catalog
from shared.jobs import Status
from tests.support.small_lake import SmallLake

pytestmark = [pytest.mark.slow, pytest.mark.long]

MARK = "Kanarienvogel"
NUMBER = 777_123_456_700
# Two rows that every image of their table can read, one of which images lack all but the key, and one that is no row.
GOOD, BARE, BROKEN = (0, 1), 2, 3
VALUES = {
    "boolean": False,
    "int": 1,
    "decimal": Decimal(1),
    "timestamp": datetime(2026, 1, 1, 10, tzinfo=UTC),
}
TEXTS = {"boolean": "false", "timestamp": "2026-01-01T10:00:00.000+0000", "date": "2026-01-01"}
CATALOG = load_catalog()
PERSONAL = [t for t in CATALOG.tables.values() if t.is_personal]
IMAGES = [t for t in CATALOG.tables.values() if t.kind is Kind.REFINED and t.reads_personal]
BUILT = [t for t in CATALOG.tables.values() if t.kind is Kind.BUILT and {p.name for p in PERSONAL} & set(t.inputs)]


def mark(table, column, row):
    """A marked value of a column's type."""
    return NUMBER + row if column.type == "bigint" else f"{MARK}-{table.name.table}-{column.name}-{row}"


def plain(table, column, row):
    """A value that the images of its table can read, keys among them: a text may have to be a time or a number."""
    if column.type != "string":
        return row + 1 if column.type == "bigint" else VALUES[column.type.partition("(")[0]]
    images = [t for t in CATALOG.tables.values() if t.kind is Kind.REFINED and t.inputs[0] == table.name]
    meant = [c.clear_type for i in images for c in i.columns if re.search(rf"\b{column.name}\b", c.logic or c.name)]
    kind = (meant or ["string"])[0].partition("(")[0]
    return f"{row:018}" if kind == "string" else TEXTS.get(kind, str(row))


def value(table, column, row):
    """A mark in every personal column; one row has what an image needs there if that is not text, such as a date."""
    if column.is_closed:
        own = plain(table, column, row)
        return own if row == GOOD[0] and own in TEXTS.values() else mark(table, column, row)
    return plain(table, column, row) if row in GOOD or column.name in table.primary_key else None


def read_marked(spark, table, job, position):
    """Rows as the source of a table would give them; replaces its reader."""
    columns = {c.name: c.type for c in table.columns} | READING_COLUMNS
    schema = T.StructType([T.StructField(name, spark_type(type_)) for name, type_ in columns.items()])
    rescued = json.dumps({"unknown": f"{MARK}-rescued"}) if table.is_personal else None
    rows = [(*(value(table, c, i) for c in table.columns), f"row {i}", rescued, None, []) for i in (*GOOD, BARE)]
    if table.is_personal:
        rows.append((*(None for _ in table.columns), f"row {BROKEN}", None, f"{MARK}-broken", ["too long"]))
    return Reading(spark.createDataFrame(rows, schema), position={"read": 1})


class Bus:
    """Replaces the bus that is notified of unknown columns."""

    def __init__(self):
        self.told = []

    def put_events(self, *, Entries):  # noqa: N803 - AWS's name
        self.told += [entry["Detail"] for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": []}


def contents(root):
    """Every file below a folder, with Parquet unpacked, in lower case: a treatment may begin by lowering the case."""
    for file in [f for f in Path(root).rglob("*") if f.is_file()]:
        content = file.read_bytes()
        if content.startswith(b"PAR1"):
            content += json.dumps(pq.read_table(pa.BufferReader(content)).to_pylist(), default=str).encode()
        yield file, content.lower()


def tells(content):
    return MARK.lower().encode() in content or str(NUMBER)[:-2].encode() in content


def test_no_planted_value_is_found_outside_the_place_of_personal_data(tmp_path, spark, leases, monkeypatch, caplog):
    readers = (*IMAGES, *BUILT)
    needed = set().union(*(CATALOG.requirements(str(t.name)) for t in readers)) | {str(t.name) for t in readers}
    chosen = tuple({*needed, *(str(t.name) for t in PERSONAL)})
    monkeypatch.setattr("jobs.ingest.flow.READERS", dict.fromkeys(READERS, read_marked))
    lake = SmallLake(tmp_path, spark, _catalog=CATALOG)
    bus = Bus()
    monkeypatch.setattr("jobs.ingest.drift_event.client", lambda _: bus)
    caplog.set_level(logging.INFO)

    ran = lake.run("r1", tables=chosen)

    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    assert set(chosen) == ran.outcomes.keys()
    for table in IMAGES:
        books = ran.books(str(table.name))
        assert {"read", "inserted", "quarantined"} == books.keys(), table.name
    pii = Path(lake.lake_root, "pii")
    there = b"".join(content for _, content in contents(pii))
    # A vault has what the tokens of its table stand for; that is why it is in the place of personal data.
    for table in (t for t in IMAGES if t.tokenized):
        held = b"".join(content for _, content in contents(pii / "vault" / table.name.layer / table.name.table))
        assert MARK.lower().encode() in held, table.name
    assert [t for t in IMAGES if t.tokenized]
    marks = [str(mark(t, c, row)).lower() for t in PERSONAL for c in t.columns if c.is_closed for row in (1, BARE)]
    assert [] == [m for m in (*marks, f"{MARK}-broken".lower()) if m.encode() not in there]
    assert [] == [str(f) for f, content in contents(lake.lake_root) if pii not in f.parents and tells(content)]
    assert bus.told
    assert not tells("".join([caplog.text, *bus.told]).lower().encode())
