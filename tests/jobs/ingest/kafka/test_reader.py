"""Topics of a real broker, read into a small lake: each record once, whatever happens, and nothing in silence."""

import json
import struct
import threading
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import boto3
import pytest

from jobs.ingest.kafka import broker as kafka_broker
from jobs.ingest.kafka import records as kafka_records
from jobs.ingest.kafka import schemas as kafka_schemas
from jobs.ingest.kafka.packed import LARGEST
from jobs.ingest.kafka.reader import read_kafka
from jobs.ingest.kafka.records import from_raw
from jobs.main import run
from jobs.runtime import aws
from shared.jobs import Replay, Status, Step
from tests.support.kafka import FIRST, IN_GLUE, SCHEMAS, SECOND, Topic, framed, packed, put_secret
from tests.support.killing import KilledError, Reaper
from tests.support.payments import NOON, PAYMENT, PAYMENTS, contract, ingested, landed, payment, record, row
from tests.support.small_lake import SmallLake, lease_account, let_leases_run_out

pytestmark = [pytest.mark.slow, pytest.mark.extra]

PRODUCTS = """\
apiVersion: v3.1.0
kind: DataContract
id: silver-products
name: products
version: 1.0.0
status: active
description: {purpose: Words.}
schema:
  - name: products
    physicalType: table
    dataGranularityDescription: One row per product.
    properties:
      - name: id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.kafka__products]
        description: c
      - {name: name, logicalType: string, physicalType: string, description: c}
      - {name: changed_ms, logicalType: integer, physicalType: bigint, transformLogic: debezium_ts_ms, description: c}
      - name: place
        logicalType: integer
        physicalType: bigint
        transformLogic: "cast(element_at(split(_source_position, '/'), -1) as bigint)"
        description: c
    customProperties:
      - {property: writeDisposition, value: merge}
      - {property: sequenceBy, value: [place]}
      - {property: applyAsDeletes, value: "debezium_op = 'd'"}
"""


@pytest.fixture(scope="module")
def lake_of(tmp_path_factory, spark, broker):
    """A new lake for the contracts given, with the writers' schemas in its landing place and the broker's secret."""

    def make(contracts):
        lake = SmallLake(tmp_path_factory.mktemp("lake"), spark, contracts)
        register(lake, *SCHEMAS)
        return lake

    with lease_account():
        aws._client.cache_clear()
        put_secret(broker.secret)
        yield make
        aws._client.cache_clear()
        kafka_schemas._version.cache_clear()


def register(lake, *schema_ids, schemas=SCHEMAS):
    folder = Path(lake.landing_root, "schemas")
    folder.mkdir(parents=True, exist_ok=True)
    for i in schema_ids:
        (folder / f"{i}.avsc").write_text(json.dumps(schemas[i]))


def payments_lake(lake_of, topic, **custom):
    columns = contract("kafka__payments", topic.name, PAYMENT, schemas="s3://landing/schemas", **custom)
    return lake_of({PAYMENTS: columns})


def test_new_records_alone_are_read_and_what_is_no_record_is_kept_whole(lake_of, broker):
    topic = Topic(broker, "payments").create()
    lake = payments_lake(lake_of, topic)
    empty = ingested(lake, "r0")
    assert (Status.UNCHANGED, "topic payments holds no records yet") == (empty.status, empty.reason)
    poison = [
        b'{"no": "avro"}',
        struct.pack(">bI", 0, 99) + b"\x02x",
        payment(4)[:9],
        None,
        payment(2**40),
        b"\x03\x05" + payment(8, IN_GLUE)[2:],
        b"\x03\x00" + bytes(16),
        b"\x03\x00short",
    ]
    topic.send(
        payment(1),
        payment(2, 1_000_001, Channel="web", device={"os": "x"}),
        *poison,
        key=b"k",
        headers=[("h", b"\xff")],
    )
    topic.send(payment(3, 1_000_001, Channel=None, device=None), payment(9, IN_GLUE), partition=1)

    first = ingested(lake, "r1")

    expected = [row(1, "payments/0/0"), row(2, "payments/0/1", "web", '{"device":{"os":"x"}}'), row(3, "payments/1/0")]
    expected.append(row(9, "payments/1/1"))
    assert expected == landed(lake)
    assert (12, 4, 8) == (first.read, first.inserted, first.quarantined)
    sent = [payment(1), payment(2, 1_000_001, Channel="web", device={"os": "x"}), *poison]
    size = sum(len(value or b"") + len(b"k") for value in sent)
    size += len(payment(3, 1_000_001, Channel=None, device=None)) + len(payment(9, IN_GLUE))
    assert (None, size, "payments/0: 10, payments/1: 2") == (first.requests, first.bytes, first.cursor)
    reasons = ["BAD_MAGIC", "UNKNOWN_SCHEMA", "DECODE", "TOMBSTONE", "order_id: the value does not fit int"]
    reasons += ["INFLATE", "UNKNOWN_SCHEMA", "BAD_MAGIC"]
    refused = lake.refused(PAYMENTS)
    assert {f"payments/0/{i}": [r] for i, r in enumerate(reasons, 2)} == {r[2]: r[1] for r in refused}
    assert poison == [bytes(r.value) if r.value is not None else None for r in kept(lake)]

    # What was read is gone from the broker, and so cannot be asked for; a partition is new, and so are records.
    topic.forget(0, 10)
    topic.grow(3)
    topic.send(payment(5), partition=0)
    topic.send(payment(6), partition=2)
    second = ingested(lake, "r2")
    assert [*expected[:2], row(5, "payments/0/10"), *expected[2:], row(6, "payments/2/0")] == landed(lake)
    assert (2, 2, Status.SUCCEEDED) == (second.read, second.inserted, second.status)

    versions = lake.versions()
    assert Status.UNCHANGED is ingested(lake, "r3").status
    assert versions == lake.versions()
    assert_kept_suffices_for_a_replay(lake)
    assert_no_secret_is_left(lake, broker)


def kept(lake):
    refused = lake.spark.read.format("delta").load(lake.quarantine_location(PAYMENTS))
    return sorted(from_raw(refused, "row").collect(), key=lambda r: r.offset)


def assert_kept_suffices_for_a_replay(lake):
    """The record of an unknown schema comes in once its schema is there, though the topic has it no more."""
    [told] = [r for r in kept(lake) if r.offset == 3]
    assert (b"k", [("h", b"\xff")]) == (bytes(told.key), [(h.key, bytes(h.value)) for h in told.headers])
    assert 1_767_268_800.123 == told.timestamp.replace(tzinfo=UTC).timestamp()
    only = {"type": "record", "name": "Short", "fields": [{"name": "payment_id", "type": "string"}]}
    register(lake, 99, schemas={99: only})
    before = landed(lake)
    ran = lake.run("r4", (Step.INGEST,), replay=Replay(table=PAYMENTS))
    assert {"read": 8, "inserted": 1, "quarantined": 7} == ran.books(PAYMENTS)
    assert [("x", None, None, None, None, "payments/0/3", None)] == [r for r in landed(lake) if r not in before]
    assert [2, 4, 5, 6, 7, 8, 9] == [r.offset for r in kept(lake)]
    assert Status.UNCHANGED is ingested(lake, "r5").status


def assert_no_secret_is_left(lake, broker):
    secret = broker.secret["password"].encode()
    assert [] == [f for f in lake.root.rglob("*") if f.is_file() and secret in f.read_bytes()]
    assert secret not in Path(broker.folder, "broker.log").read_bytes()


def test_schemas_come_from_glues_registry_and_what_its_serializer_compressed_is_unpacked(lake_of, broker):
    topic = Topic(broker, "in-glue").create(1)
    columns = contract("kafka__payments", topic.name, PAYMENT, schemas="glue://shop/payments")
    lake = lake_of({PAYMENTS: columns})
    topic.send(b"poison")
    missing = ingested(lake, "r1").failure
    assert ("SourceContentError", False) == (missing.error, missing.retryable)
    assert "the schema payments of registry shop is not there" in missing.message

    first, second = registered("shop", "payments", FIRST, SECOND)
    plain, later = framed(first, record(1), FIRST), framed(second, record(3, Channel="web", device=None), SECOND)
    other = "00000000-0000-4000-8000-000000000000"
    hostile = {
        b"\x03\x05" + plain[2:]: "INFLATE",
        packed(plain)[:-1]: "INFLATE",
        packed(plain) + b"x": "INFLATE",
        b"\x03\x05" + plain[2:18]: "INFLATE",
        packed(plain[:18] + bytes(LARGEST + 1)): "TOO_LARGE",
        packed(plain[:18] + b"\x02"): "DECODE",
        b"\x03\x07" + plain[2:]: "COMPRESSED",
        b"\x03\x05" + plain[2:17]: "BAD_MAGIC",
        packed(framed(other, record(9), FIRST)): "UNKNOWN_SCHEMA",
        framed(7, record(9), FIRST): "UNKNOWN_SCHEMA",
    }
    topic.send(plain, packed(framed(first, record(2), FIRST)), packed(later), *hostile)

    outcome = ingested(lake, "r2")

    assert [row(1, "in-glue/0/1"), row(2, "in-glue/0/2"), row(3, "in-glue/0/3", "web")] == landed(lake)
    assert (14, 3, 11) == (outcome.read, outcome.inserted, outcome.quarantined)
    assert {"in-glue/0/0": ["BAD_MAGIC"]} | {f"in-glue/0/{i}": [r] for i, r in enumerate(hostile.values(), 4)} == {
        r[2]: r[1] for r in lake.refused(PAYMENTS)
    }
    assert [b"poison", *hostile] == [bytes(r.value) for r in kept(lake)]


def registered(registry, schema, *versions):
    """Register versions of a schema in Glue's registry; return their UUIDs."""
    glue = boto3.client("glue")
    glue.create_registry(RegistryName=registry)
    whole = {"SchemaId": {"RegistryName": registry, "SchemaName": schema}}
    made = glue.create_schema(
        RegistryId={"RegistryName": registry},
        SchemaName=schema,
        DataFormat="AVRO",
        Compatibility="BACKWARD",
        SchemaDefinition=json.dumps(versions[0]),
    )
    others = [glue.register_schema_version(**whole, SchemaDefinition=json.dumps(v)) for v in versions[1:]]
    return [made["SchemaVersionId"], *(other["SchemaVersionId"] for other in others)]


def test_offsets_that_retention_took_fail_the_table_or_become_rows_of_its_quarantine(lake_of, broker):
    topic = Topic(broker, "short").create(1)
    lake = payments_lake(lake_of, topic)
    topic.send(payment(1))
    ingested(lake, "r1")
    topic.send(payment(2), payment(3), payment(4))
    topic.forget(0, 3)

    failed = ingested(lake, "r2")
    assert ("SourceContentError", False) == (failed.failure.error, failed.failure.retryable)
    assert (
        "topic short, partition 0: the table stands at offset 1, and the broker holds 3 to 4" in failed.failure.message
    )

    lake.amend(
        PAYMENTS,
        "customProperties: [{property: schemas",
        "customProperties: [{property: failOnDataLoss, value: false}, {property: schemas",
    )
    went_on = ingested(lake, "r3")
    assert (2, 1, 1) == (went_on.read, went_on.inserted, went_on.quarantined)
    assert [row(1, "short/0/0"), row(4, "short/0/3")] == landed(lake)
    assert [(2, ["LOST: the next offset is 3"], "short/0/1", None, None)] == lake.refused(PAYMENTS)


def test_a_topic_made_anew_is_not_read_on_as_if_it_were_the_old_one(lake_of, broker):
    topic = Topic(broker, "anew").create(1)
    lake = payments_lake(lake_of, topic)
    topic.send(payment(1), payment(2))
    ingested(lake, "r1")
    topic.delete()
    topic.create_when_gone(1)
    topic.send(payment(3), payment(4), payment(5))

    failed = ingested(lake, "r2")
    lake.amend(
        PAYMENTS,
        "customProperties: [{property: schemas",
        "customProperties: [{property: failOnDataLoss, value: false}, {property: schemas",
    )
    went_on, idle = ingested(lake, "r3"), ingested(lake, "r4")

    assert "the topic is another one than was read" in failed.failure.message
    assert "given: topic anew, partition 0: the table stands at offset 2" in failed.failure.message
    assert (4, 3, 1, 0) == (went_on.read, went_on.inserted, went_on.quarantined, idle.read)
    places = ["anew/0/0", "anew/0/1", "anew/0/0", "anew/0/1", "anew/0/2"]
    assert [row(i, place) for i, place in enumerate(places, 1)] == sorted(landed(lake))
    assert [(2, ["LOST: the next offset is 0"], "anew/0/2", None, None)] == lake.refused(PAYMENTS)


def test_transactions_that_were_aborted_are_not_read_and_those_that_are_open_not_yet(lake_of, broker):
    topic = Topic(broker, "transacted").create(1)
    lake = payments_lake(lake_of, topic)
    topic.send_in_transaction([payment(1)], commit=True)
    topic.send_in_transaction([payment(2)], commit=False)

    first = ingested(lake, "r1")

    assert [row(1, "transacted/0/0")] == landed(lake)
    assert (1, 1) == (first.read, first.inserted)
    topic.send_in_transaction([payment(3)], commit=True)
    ingested(lake, "r2")
    assert [row(1, "transacted/0/0"), row(3, "transacted/0/4")] == landed(lake)


def test_json_is_read_to_the_last_digit_and_a_change_as_debezium_means_it(lake_of, broker):
    plain, changes = Topic(broker, "plain").create(1), Topic(broker, "shop.products").create(1)
    exact = {"id": "bigint", "price": "decimal(20,9)", "seen_at": "timestamp", "note": "string"}
    product = {
        "id": "bigint",
        "name": "string",
        "weight": "double",
        "debezium_op": "string",
        "debezium_ts_ms": "bigint",
    }
    lake = lake_of(
        {
            "bronze.kafka__plain": contract("kafka__plain", plain.name, exact, "json"),
            "bronze.kafka__products": contract("kafka__products", changes.name, product, "json", envelope="debezium"),
            "silver.products": PRODUCTS,
        }
    )
    plain.send(
        b'{"id": 1, "price": 12345678901.123456789, "seen_at": "2026-01-01T12:00:00Z",'
        b' "note": {"a": [1.50]}, "new": 1e3}',
        b'{"id": 2, "price": 0.1234567891, "note": ""}',
        b'{"id": 3',
        b'"text"',
        b"\xff\xfe",
        b'{"id": 1.5}',
    )
    # What Debezium's connector for MySQL sent, from the tests of Apache Paimon (Apache-2.0).
    lines = (Path(__file__).parent / "debezium_changes.txt").read_bytes().splitlines()
    whole = [line for line in lines if line.startswith(b"{")]
    wrapped = json.dumps({"schema": {"type": "struct"}, "payload": json.loads(whole[0])}).encode()
    changes.send(*whole, wrapped)
    changes.send(None, key=b'{"id": 101}')
    changes.send(None, b"{}")

    outcomes = lake.run("r1", (Step.INGEST, Step.REFINE)).outcomes

    assert [
        (
            1,
            Decimal("12345678901.123456789"),
            NOON.replace(tzinfo=None),
            '{"a":[1.5]}',
            "plain/0/0",
            '{"new":"1000.0"}',
        ),
    ] == landed(lake, "bronze.kafka__plain")
    assert {
        "plain/0/1": ["price: the value does not fit decimal(20,9)"],
        "plain/0/2": ["DECODE"],
        "plain/0/3": ["DECODE"],
        "plain/0/4": ["ENCODING"],
        "plain/0/5": ["id: the value does not fit bigint"],
    } == {r[2]: r[1] for r in lake.refused("bronze.kafka__plain")}
    expected = []
    for change in [json.loads(line) for line in [*whole, whole[0]]]:
        image = change["after"] or change["before"]
        others = {k: v for k, v in sorted(image.items()) if k not in product and v is not None}
        rescued = json.dumps(others, separators=(",", ":")) if others else None
        expected.append((image["id"], image["name"], image["weight"], change["op"], change["ts_ms"], rescued))
    expected.append((101, None, None, "d", 1_767_268_800_123, None))
    by_offset = sorted(landed(lake, "bronze.kafka__products"), key=lambda r: int(r[5].split("/")[2]))
    assert expected == [(*r[:5], r[6]) for r in by_offset]
    assert "d" in {r[3] for r in expected[:-1]}
    assert [["DECODE"], ["TOMBSTONE"]] == [r[1] for r in lake.refused("bronze.kafka__products")]
    assert 2 == outcomes["bronze.kafka__products"].quarantined
    states = {}
    for place, change in enumerate(expected):
        states |= {change[0]: (change[0], change[1], change[4], place, change[3])}
    assert sorted(c[:4] for c in states.values() if c[4] != "d") == lake.rows("silver.products")
    assert 101 not in {r[0] for r in lake.rows("silver.products")}


def test_names_in_json_count_whatever_their_case_and_only_days_are_days(lake_of, broker):
    topic, name = Topic(broker, "names").create(1), "bronze.kafka__names"
    lake = lake_of({name: contract("kafka__names", topic.name, {"id": "bigint", "seen_on": "date"}, "json")})
    topic.send(
        b'{"ID": 1, "seen_On": "2026-01-01", "newName": 1} ',
        b'{"id": 2, "ID": 3}',
        b'{"id": 4}\n{"id": 5}',
        b'{"id": 6, "seen_on": 19675}',
        b'{"id": 7, "seen_on": "12:34:56"}',
    )
    lake.run("r1", (Step.INGEST,))
    assert [(1, NOON.date(), "names/0/0", '{"newName":"1"}')] == landed(lake, name)
    assert {
        "names/0/1": ["a name occurs twice"],
        "names/0/2": ["DECODE"],
        "names/0/3": ["seen_on: the value does not fit date"],
        "names/0/4": ["seen_on: the value does not fit date"],
    } == {r[2]: r[1] for r in lake.refused(name)}


def test_a_record_that_was_refused_for_a_new_column_is_read_again_once_the_contract_has_it(lake_of, broker):
    topic, name = Topic(broker, "grown").create(1), "bronze.kafka__grown"
    append = "{property: writeDisposition, value: append}"

    def strict(**columns):
        text = contract("kafka__grown", topic.name, columns, "json")
        return text.replace(append, f"{append}, {{property: schemaContract, value: quarantineRow}}")

    lake = lake_of({name: strict(id="bigint")})
    topic.send(b'{"id": 1}', b'{"id": 2, "eMail": "a@b"}')
    assert {"read": 2, "inserted": 1, "quarantined": 1} == lake.run("r1", (Step.INGEST,)).books(name)

    asked = Replay(table=name)
    assert {"read": 1, "quarantined": 1} == lake.run("r2", (Step.INGEST,), replay=asked).books(name)
    lake.files[name] = strict(id="bigint", email="string")
    lake.only(name)
    assert {"read": 1, "inserted": 1} == lake.run("r3", (Step.INGEST,), replay=asked).books(name)
    assert [(1, None, "grown/0/0", None), (2, "a@b", "grown/0/1", None)] == landed(lake, name)


def test_a_decimal_of_more_digits_than_spark_has_stops_no_topic(lake_of, broker):
    """As Connect writes one whose digits nobody counted."""
    topic = Topic(broker, "wide").create(1)
    lake = payments_lake(lake_of, topic)
    wide = {"type": "bytes", "logicalType": "decimal", "precision": 64, "scale": 2}
    fields = [f | {"type": wide} if f["name"] == "amount" else f for f in FIRST["fields"]]
    schema = FIRST | {"fields": fields}
    register(lake, 7, schemas={7: schema})
    topic.send(framed(7, record(1), schema), framed(7, record(2, amount=Decimal(10) ** 43), schema))
    assert Status.SUCCEEDED is ingested(lake, "r1").status
    assert [row(1, "wide/0/0")] == landed(lake)
    assert ["wide/0/1"] == [r[2] for r in lake.refused(PAYMENTS)]


def test_json_is_found_behind_the_frames_of_serializers_and_compressed_where_the_contract_says_so(lake_of, broker):
    framed_json, change_topic = Topic(broker, "framed").create(1), Topic(broker, "framed-changes").create(1)
    columns = {"id": "bigint", "name": "string"}
    lake = lake_of(
        {
            "bronze.kafka__packed": contract("kafka__packed", framed_json.name, columns, "json", schemas="glue://shop"),
            "bronze.kafka__plain": contract("kafka__plain", framed_json.name, columns, "json"),
            "bronze.kafka__changes": contract(
                "kafka__changes", change_topic.name, columns | {"debezium_op": "string"}, "json", envelope="debezium"
            ),
        }
    )
    confluent, glue = b"\x00\x00\x00\x00\x07", b"\x03\x00" + UUID(IN_GLUE).bytes
    good = [b'{"id": 1, "name": "a"}', confluent + b'{"id": 2, "name": "b"}', glue + b'{"id": 3, "name": "\xc3\xa4"}']
    in_zlib = packed(glue + b'{"id": 4, "name": "d"}')
    poison = {
        packed(glue + b'{"id": 5}')[:-1]: "INFLATE",
        b"\x03\x07" + glue[2:] + b'{"id": 5}': "COMPRESSED",
        confluent: "DECODE",
        confluent[:4]: "DECODE",
        glue[:17] + b'{"id": 5}': "DECODE",
        confluent + b"\xff": "ENCODING",
    }
    framed_json.send(*good, in_zlib, *poison, None)
    created = b'{"before": null, "after": {"id": 1, "name": "a"}, "op": "c", "ts_ms": 1}'
    change_topic.send(confluent + created, glue + created.replace(b": 1,", b": 2,"))
    change_topic.send(None, key=confluent + b'{"id": 1}')
    change_topic.send(None, key=glue + b'{"id": 2}')

    outcomes = lake.run("r1", (Step.INGEST,)).outcomes

    found = [(1, "a", "framed/0/0"), (2, "b", "framed/0/1"), (3, "ä", "framed/0/2"), (4, "d", "framed/0/3")]
    told = {f"framed/0/{i}": [r] for i, r in enumerate(poison.values(), 4)} | {"framed/0/10": ["TOMBSTONE"]}
    assert [(*r, None) for r in found] == landed(lake, "bronze.kafka__packed")
    assert told == {r[2]: r[1] for r in lake.refused("bronze.kafka__packed")}
    assert [(*r, None) for r in found[:3]] == landed(lake, "bronze.kafka__plain")
    undeclared = told | {"framed/0/3": ["COMPRESSED"], "framed/0/4": ["COMPRESSED"]}
    assert undeclared == {r[2]: r[1] for r in lake.refused("bronze.kafka__plain")}
    assert [(1, "a", "c"), (2, "a", "c"), (1, None, "d"), (2, None, "d")] == [
        r[:3] for r in landed(lake, "bronze.kafka__changes")
    ]
    assert 0 == outcomes["bronze.kafka__changes"].quarantined

    # Once the contract says so, what was compressed is brought in from the quarantine.
    lake.amend(
        "bronze.kafka__plain", "customProperties: []", 'customProperties: [{property: schemas, value: "glue://shop"}]'
    )
    again = lake.run("r2", (Step.INGEST,), replay=Replay(table="bronze.kafka__plain", rule="COMPRESSED"))
    assert {"read": 3, "inserted": 1, "quarantined": 2} == again.books("bronze.kafka__plain")
    assert sorted((*r, None) for r in found) == landed(lake, "bronze.kafka__plain")


def test_a_drain_that_dies_anywhere_and_runs_again_has_each_record_once(lake_of, broker, monkeypatch):
    topic = Topic(broker, "killed").create()
    lake = payments_lake(lake_of, topic)
    topic.send(payment(1), b"poison")
    ingested(lake, "r1")
    topic.send(payment(2), b"poison", partition=1)
    reaper = Reaper()
    reaper.watch(monkeypatch)
    deaths = 0
    while True:
        reaper.begin()
        try:
            run(["--job", lake.job(Step.INGEST, "r2").model_dump_json()], lake.spark, lake.catalog)
            break
        except KilledError:
            deaths += 1
            let_leases_run_out()
            # What comes while the job is away belongs to the next batch, or to this one: to one of them.
            topic.send(payment(100 + deaths), partition=deaths % 2)
    monkeypatch.undo()
    ingested(lake, "r3")

    assert deaths >= 4
    places = [r[-2] for r in landed(lake)] + [r[2] for r in lake.refused(PAYMENTS)]
    assert [f"killed/{p}/{o}" for p, count in held(lake, topic).items() for o in range(count)] == sorted(
        places, key=order
    )


def order(place):
    _, partition, offset = place.split("/")
    return int(partition), int(offset)


def held(lake, topic):
    settings = {
        "bootstrap.servers": topic.broker.secret["bootstrap_servers"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{topic.broker.secret["username"]}" password="{topic.broker.secret["password"]}";',
    }
    found = kafka_broker.topic_offsets(lake.spark, settings, topic.name, "kafka")
    return {p: h.latest for p, h in found.partitions.items()}


def test_a_broker_that_restarts_is_waited_for_and_one_that_stays_away_is_told(lake_of, broker, monkeypatch):
    topic = Topic(broker, "away").create(1)
    lake = payments_lake(lake_of, topic)
    topic.send(payment(1))
    table, job = lake.catalog.table(PAYMENTS), lake.job(Step.INGEST)
    broker.stop()
    back = threading.Timer(3, broker.start)
    back.start()
    assert Status.SUCCEEDED is ingested(lake, "r1").status
    back.join()

    topic.send(payment(2))
    monkeypatch.setattr(kafka_records, "POLL_MS", 2_000)
    monkeypatch.setattr(kafka_broker, "ANSWER_MS", 2_000)
    reading = read_kafka(lake.spark, table, job, {"offsets": {topic.name: {"0": 1}}})
    assert broker.secret["password"] not in reading.rows._jdf.queryExecution().toString()
    broker.stop()
    try:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - Spark's own, whatever its class
            reading.rows.collect()
        in_mid_run = reading.translate(caught.value)
        before = ingested(lake, "r2").failure
    finally:
        broker.start()
        broker.ready()
    assert in_mid_run.retryable
    assert "kafka, topic away, partition 0 from offset 1: no answer from Kafka" in str(in_mid_run)
    assert ("SourceUnavailableError", True) == (before.error, before.retryable)
    assert "kafka, topic away: no answer from Kafka" in before.message
    assert Status.SUCCEEDED is ingested(lake, "r2").status
    assert [row(1, "away/0/0"), row(2, "away/0/1")] == landed(lake)


def test_what_the_broker_refuses_is_told_without_a_secret(lake_of, broker):
    lake = payments_lake(lake_of, Topic(broker, "nowhere"))

    missing = ingested(lake, "r1").failure

    assert ("SourceContentError", False) == (missing.error, missing.retryable)
    assert "kafka, topic nowhere: the topic is not there" in missing.message
    wrong = {
        "bootstrap.servers": broker.secret["bootstrap_servers"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        'username="lakewright" password="hunter2";',
    }
    with pytest.raises(kafka_broker.TerminalError, match="kafka: the login was refused") as caught:
        kafka_broker.topic_offsets(lake.spark, wrong, "nowhere", "kafka")
    assert "hunter2" not in str(caught.value)
