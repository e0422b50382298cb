"""Rows as the API returns them: every type fits the table's JSON Schema, and there is one row per changed key."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import jsonschema
import pytest

from jobs.publish.rows import changed, served, whole
from jobs.runtime.change_feed import TIMES
from jobs.runtime.tables import spark_schema
from shared.contracts.column import Column
from shared.schemas.generate import json_schema
from shared.serving import ServedPath
from tests.support.things import things

TYPES = {
    "id": "bigint",
    "name": "string",
    "price": "decimal(38,18)",
    "small": "smallint",
    "ratio": "double",
    "is_open": "boolean",
    "day": "date",
    "seen_at": "timestamp",
    "tags": "array<string>",
    "days": "array<date>",
    "raw": "binary",
}
AT = ServedPath("x", ("id", "name"))
NULLS = (None,) * (len(TYPES) - 2)
FULL = (
    1,
    'Zoë "q" \\ \n 🐟',
    Decimal("0.000000000000000001"),
    -5,
    0.1,
    True,
    dt.date(2011, 6, 1),
    dt.datetime(2011, 6, 1, 23, 59, 59, 123456, tzinfo=dt.UTC),
    ["a", None],
    [dt.date(1, 1, 1)],
    b"\x00\xff",
)
GIVEN = {
    "id": 1,
    "name": 'Zoë "q" \\ \n 🐟',
    "price": "0.000000000000000001",
    "small": -5,
    "ratio": 0.1,
    "is_open": True,
    "day": "2011-06-01",
    "seen_at": "2011-06-01T23:59:59.123456Z",
    "tags": ["a", None],
    "days": ["0001-01-01"],
    "raw": "AP8=",
}


@pytest.fixture(scope="module")
def table():
    columns = tuple(Column(name=n, type=t, required=n == "id", description="Words.") for n, t in TYPES.items())
    return things(*columns, primary_key=("id", "name"))


def test_every_type_is_written_as_the_json_schema_has_it(spark, table):
    frame = spark.createDataFrame([FULL, (2**63 - 1, "a&b", *NULLS)], spark_schema(table))
    rows = {path: json.loads(row) for path, row, _ in served(whole(frame, table), table, AT)}

    full = "/x/1/Zo%C3%AB%20%22q%22%20%5C%20%0A%20%F0%9F%90%9F"
    assert {
        full: GIVEN,
        "/x/9223372036854775807/a%26b": dict(zip(TYPES, (2**63 - 1, "a&b", *NULLS), strict=True)),
    } == rows
    schema = json_schema("x", table)
    for row in rows.values():
        jsonschema.validate(row, schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("key", ["a/b", "a?", "/", "?"])
def test_a_key_that_would_be_another_path_has_none(spark, table, key):
    rows = whole(spark.createDataFrame([(1, key, *NULLS)], spark_schema(table)), table)

    assert [(None, False)] == [(path, before) for path, _, before in served(rows, table, AT)]


def test_images_of_a_key_are_one_row_or_none(spark, table):
    names = ["id", "name"]
    few = replace(table, columns=table.columns[:2], primary_key=("id",))
    images = [(1, "old", -1), (1, "new", 1), (2, "gone", -1), (3, "come", 1)]
    frame = spark.createDataFrame(images, f"id bigint, name string, {TIMES} bigint").select(*names, TIMES)

    found = {
        path: (row and json.loads(row), was)
        for path, row, was in served(changed(frame, few), few, ServedPath("x", ("id",)))
    }
    assert {
        "/x/1": ({"id": 1, "name": "new"}, True),
        "/x/2": (None, True),
        "/x/3": ({"id": 3, "name": "come"}, False),
    } == found
