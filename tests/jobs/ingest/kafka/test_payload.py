"""What stands in a record lands as it was sent, to the last digit, or its record is refused and says why."""

import json
from datetime import UTC, datetime

import pytest

from jobs.ingest.kafka.payload import rows_of
from jobs.ingest.kafka.records import RAW_SCHEMA
from jobs.ingest.kafka.schemas import Writers, writers_of
from jobs.ingest.kafka.unions import is_like_a_union
from shared.contracts import Source
from tests.support.kafka import framed

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JSON = Source(system="kafka", type="kafka", object="things", format="json")
AVRO = Source(system="kafka", type="kafka", object="things", format="avro", schemas="s3://landing/schemas")
CHANGES = Source(system="kafka", type="kafka", object="things", format="json", envelope="debezium")


@pytest.fixture
def read(spark, table_of):
    """The rows of some values: the contract's columns, what was rescued, and the reasons."""

    def rows(values, columns, source=JSON, schema=None):
        records = [("things", 0, i, NOON, None, b"k", value, []) for i, value in enumerate(values)]
        frame = spark.createDataFrame(records, RAW_SCHEMA).drop("schema_id")
        writers = Writers({"7": json.dumps(schema)}) if schema else Writers()
        found = rows_of(frame, table_of(columns, source), source, writers)
        return [tuple(row) for row in found.select(*columns, "_rescued", "_reasons").collect()]

    return rows


def schema_of(**types):
    return {"type": "record", "name": "Thing", "fields": [{"name": n, "type": t} for n, t in types.items()]}


@pytest.fixture
def decoded(read):
    """The rows of records of a schema, of which each is a dict."""

    def rows(records, columns, schema):
        return read([framed(7, record, schema) for record in records], columns, AVRO, schema)

    return rows


def items(type_):
    return {"type": "array", "items": type_}


def test_an_array_fits_item_by_item_or_not_at_all(decoded):
    in_millis = {"type": "long", "logicalType": "timestamp-millis"}
    place = {"type": "record", "name": "Place", "fields": [{"name": "x", "type": "int"}]}
    schema = schema_of(
        numbers=items("long"), ratios=items("double"), moments=items("long"), places=items(place), seen=items(in_millis)
    )
    wanted = {
        "numbers": "array<int>",
        "ratios": "array<bigint>",
        "moments": "array<timestamp>",
        "places": "array<string>",
        "seen": "array<timestamp>",
    }
    none = {"ratios": [], "moments": [], "places": [], "seen": []}
    good = {"numbers": [1, 2], "ratios": [1.0], "moments": [], "places": [{"x": 1}], "seen": [NOON]}
    rows = decoded(
        [good, none | {"numbers": [1, 3_000_000_000]}, none | {"numbers": [], "ratios": [1.5], "moments": [1]}],
        wanted,
        schema,
    )
    assert ([1, 2], [1], ['{"x":1}'], [NOON.replace(tzinfo=None)]) == (*rows[0][:2], *rows[0][3:5])
    assert [] == rows[0][-1]
    assert ["numbers: the value does not fit array<int>"] == rows[1][-1]
    assert [f"{name}: the value does not fit {wanted[name]}" for name in ("ratios", "moments")] == rows[2][-1]
    assert (None, None) == (rows[1][0], rows[2][1])


def test_of_a_union_the_member_lands_that_was_sent(decoded):
    union = ["null", "string", "long", "bytes"]
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "v", "type": ["string", "long"]}]}
    schema = schema_of(id="long", word=union, number=union, inner=inner, words=items(["string", "long"]), new=union)
    columns = {"id": "bigint", "word": "string", "number": "bigint", "inner": "string", "words": "array<string>"}
    whole = {"id": 1, "word": "abc", "number": 5, "inner": {"v": 7}, "words": ["a", 1], "new": "n"}
    rows = decoded(
        [whole, whole | {"word": 5, "number": None, "new": None}, whole | {"word": b"\xff"}], columns, schema
    )
    assert (1, "abc", 5, '{"v":"7"}', ["a", "1"], '{"new":"n"}', []) == rows[0]
    assert (1, "5", None, '{"v":"7"}', ["a", "1"], None, []) == rows[1]
    assert (None, ["word: the value does not fit string"]) == (rows[2][1], rows[2][-1])


def test_a_schema_whose_record_looks_like_a_union_is_told_and_not_read(tmp_path, job):
    odd = schema_of(id="long", two=["null", schema_of(member0="string", member1="string")])
    folder = tmp_path / "landing/schemas"
    folder.mkdir(parents=True)
    (folder / "7.avsc").write_text(json.dumps(odd))
    (folder / "8.avsc").write_text(json.dumps(schema_of(id="long")))
    writers = writers_of(AVRO, job, None)
    assert ({"8"}, {"7"}) == ({*writers.schemas}, {*writers.unfit})
    assert not is_like_a_union(schema_of(member0="string", member2="string"))


def test_every_field_that_the_contract_does_not_know_is_rescued(decoded):
    schema = schema_of(id="long", first=["null", "string"], second=["null", "string"])
    [row] = decoded([{"id": 1, "first": None, "second": "kept"}], {"id": "bigint"}, schema)
    assert (1, '{"second":"kept"}', []) == row


def test_a_date_is_a_day_and_nothing_else(read):
    days = ["2026-01-01", " 2026-1-1 ", "2026-01-01T23:30:00-08:00", "2026-01-01 rubbish", "2026-01"]
    rows = read([json.dumps({"seen_on": day}).encode() for day in days], {"seen_on": "date"})
    day, misfit = NOON.date(), ["seen_on: the value does not fit date"]
    assert [(day, None, [])] * 2 + [(None, None, misfit)] * 3 == rows


def test_what_stands_behind_an_object_is_no_object(read):
    values = [b' {"id": 1} ', b'{"id": 1}] rubbish', b'{"id": 1}] {"id": 2}', b'{"id": 1}, 2', b'{"id": 1}', b"[]"]
    good, bad = (1, None, []), (None, None, ["DECODE"])
    assert [good, bad, bad, bad, good, bad] == read(values, {"id": "bigint"})


def test_a_table_that_was_emptied_has_a_reason_of_its_own(read):
    emptied = b'{"before": null, "after": null, "op": "t", "ts_ms": 1}'
    wrapped = b'{"schema": {}, "payload": %s}' % emptied
    rows = read([emptied, wrapped, b'{"op": "c", "before": null, "after": null}'], {"id": "bigint"}, CHANGES)
    assert [["TRUNCATE"], ["TRUNCATE"], ["DECODE"]] == [row[-1] for row in rows]
