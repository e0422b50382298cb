"""What counts as compatible is what Avro's own resolution can read."""

import io
import json

import fastavro
import pytest
from fastavro.read import SchemaResolutionError

from shared.schemas.compatibility import backward_breaks

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
DATE = {"type": "int", "logicalType": "date"}


def record(*fields):
    return {
        "type": "record",
        "name": "Thing",
        "fields": [dict(zip(("name", "type", "default"), f, strict=False)) for f in fields],
    }


ID = ("id", "long")


@pytest.mark.parametrize(
    "older, newer, breaks",
    [
        pytest.param([ID], [ID], [], id="the same"),
        pytest.param([ID], [ID, ("a", ["null", "string"], None)], [], id="a nullable column more"),
        pytest.param(
            [ID],
            [ID, ("a", "string")],
            ["a: new, required and without a default, so older rows lack it"],
            id="a required column more",
        ),
        pytest.param([ID, ("a", "string")], [ID], [], id="a column less"),
        pytest.param([("a", "int")], [("a", "long")], [], id="int to long"),
        pytest.param([("a", "long")], [("a", "int")], ["a: was long, is int"], id="long to int"),
        pytest.param([("a", "long")], [("a", "double")], [], id="long to double"),
        pytest.param([("a", "string")], [("a", "long")], ["a: was string, is long"], id="text to number"),
        pytest.param([("a", "string")], [("a", ["null", "string"], None)], [], id="no longer required"),
        pytest.param(
            [("a", ["null", "string"], None)],
            [("a", "string")],
            ["a: was null or string, is string"],
            id="now required",
        ),
        pytest.param(
            [("a", {"type": "array", "items": "int"})], [("a", {"type": "array", "items": "long"})], [], id="a list"
        ),
    ],
)
def test_what_breaks_is_what_avro_cannot_read(older, newer, breaks):
    writer, reader = record(*older), record(*newer)

    assert breaks == backward_breaks(writer, reader)
    assert (not breaks) is all(_can_read(row, writer, reader) for row in _rows(writer))


@pytest.mark.parametrize(
    "was, now, said",
    [
        pytest.param(DECIMAL, DECIMAL | {"scale": 4}, "a: was decimal(12,2), is decimal(12,4)", id="another scale"),
        pytest.param(DATE, "int", "a: was date, is int", id="a date as a number"),
    ],
)
def test_another_meaning_of_the_same_bytes_breaks(was, now, said):
    """Avro would read these, but as other values."""
    assert [said] == backward_breaks(record(("a", was)), record(("a", now)))


VALUES = {"int": 1, "long": 2**40, "string": "x", "null": None, "double": 1.0}


def _rows(writer):
    """A row per branch of each field."""
    fields = {f["name"]: _values(f["type"]) for f in writer["fields"]}
    return [{name: values[i % len(values)] for name, values in fields.items()} for i in range(2)]


def _values(type_):
    if isinstance(type_, dict):
        return [_values(type_["items"])]
    return [VALUES[t] for t in type_] if isinstance(type_, list) else [VALUES[type_]]


def _can_read(row, writer, reader):
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(json.dumps(writer))), row)
    body.seek(0)
    try:
        fastavro.schemaless_reader(body, json.loads(json.dumps(writer)), json.loads(json.dumps(reader)))
    except SchemaResolutionError:
        return False
    return True
