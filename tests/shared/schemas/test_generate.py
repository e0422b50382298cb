"""Schemas made from contracts are valid, and describe exactly the rows that the contracts describe."""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import fastavro
import jsonschema
import pytest

from scripts.sources.order_events import EVENTS_TOPIC, messages, schema_files
from shared.contracts import Catalog, load_catalog
from shared.errors import ContractError
from shared.names import TableName
from shared.schemas.compatibility import backward_breaks
from shared.schemas.generate import avro_schema, described, json_schema
from tests.support.things import column, things

DESCRIBED = dict(described(load_catalog()))
of_table = pytest.mark.parametrize("name", DESCRIBED)
VALUES = {
    "string": "text",
    "bigint": 2**63 - 1,
    "int": -(2**31),
    "smallint": 7,
    "double": 1.5,
    "float": 1.5,
    "boolean": True,
    "binary": b"\xff",
    "date": date(2026, 1, 1),
    "timestamp": datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
}


def value(type_):
    if type_.startswith("decimal"):
        digits, scale = map(int, type_.removeprefix("decimal(").removesuffix(")").split(","))
        return Decimal("9" * digits).scaleb(-scale)
    return [value(type_[6:-1]), None] if type_.startswith("array") else VALUES[type_]


def as_json(given):
    if isinstance(given, list):
        return [as_json(v) for v in given]
    if isinstance(given, datetime):
        return given.isoformat().replace("+00:00", "Z")
    if isinstance(given, date | Decimal):
        return str(given)
    return given


def written_and_read(record, writer, reader):
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(json.dumps(writer))), record)
    body.seek(0)
    return fastavro.schemaless_reader(body, json.loads(json.dumps(writer)), json.loads(json.dumps(reader)))


@pytest.mark.examples
def test_every_source_table_is_described_and_what_is_known_by_a_business_name():
    bronze = {name.partition(".")[2] for name in load_catalog().tables if name.startswith("bronze.")}

    assert bronze | {"orders_event", "customer_profile", "customer_360"} == set(DESCRIBED)


@of_table
def test_a_row_of_the_contract_is_unchanged_after_avro(name):
    table = DESCRIBED[name]
    schema = avro_schema(name, table)
    full = {c.name: value(c.type) for c in table.columns}
    least = {c.name: value(c.type) if c.required else None for c in table.columns}

    assert [full, least] == [written_and_read(row, schema, schema) for row in (full, least)]


@of_table
def test_json_schema_takes_a_row_of_the_contract_and_refuses_one_without_its_key(name):
    table = DESCRIBED[name]
    schema = json_schema(name, table)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    row = {c.name: as_json(value(c.type)) for c in table.columns}

    assert [] == list(validator.iter_errors(row | {"unknown": 1}))
    for key in table.primary_key:
        assert not validator.is_valid({k: v for k, v in row.items() if k != key})
        assert not validator.is_valid(row | {key: {"not": "a value"}})


def test_two_tables_of_one_name_are_refused():
    one = things(column("id"), business_name="thing")
    two = things(column("id"), business_name="thing", name=TableName.parse("gold.things"))

    with pytest.raises(ContractError, match=r"two tables .*; given: thing, of silver\.things and gold\.things"):
        list(described(Catalog({str(t.name): t for t in (one, two)})))


@pytest.mark.examples
def test_events_of_every_writer_can_be_read_under_the_schema_of_the_contract():
    """Avro's own resolution is the judge, and it agrees with ours."""
    schema = avro_schema("OrderEvent", DESCRIBED["kafka__order_events"])
    names = {column.name for column in DESCRIBED["kafka__order_events"].columns}
    writers = {int(f.rpartition("/")[2].removesuffix(".avsc")): json.loads(text) for f, text in schema_files()}
    for number, writer in writers.items():
        assert [] == backward_breaks(writer, schema)
        message = next(m for m in messages(2)[EVENTS_TOPIC][0][:: 1 if number == 1 else -1] if m.value[4] == number)
        read = fastavro.schemaless_reader(io.BytesIO(message.value[5:]), writer, json.loads(json.dumps(schema)))
        assert names == set(read)
