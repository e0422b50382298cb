"""Records of a real broker whose writers' schemas are in a registry: each is decoded by the schema it names."""

import base64
import io
import json
import struct
from urllib.parse import urlsplit

import boto3
import fastavro
import pytest

from jobs.ingest import http_retry
from jobs.ingest.kafka import reader
from jobs.ingest.kafka import records as kafka_records
from jobs.ingest.kafka import registry as kafka_registry
from jobs.ingest.kafka.records import from_raw, named_numbers
from jobs.runtime import aws
from shared.jobs import Replay, Status, Step
from shared.names import source_secret
from tests.support.kafka import FIRST, SECOND, Topic, framed, put_secret
from tests.support.payments import PAYMENT, PAYMENTS, contract, ingested, landed, record, row
from tests.support.schema_registry import PASSWORD, USER, SchemaRegistry, running
from tests.support.small_lake import SmallLake, lease_account

pytestmark = [pytest.mark.slow, pytest.mark.extra]

CHANNEL = {"type": "enum", "name": "Channel", "symbols": ["web", "store"]}
THIRD = FIRST | {"fields": [*FIRST["fields"], {"name": "channel", "type": "Channel"}]}


@pytest.fixture
def served(monkeypatch):
    """A registry that waits for nobody, empty."""
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0)
    kafka_registry.forget()
    with running(SchemaRegistry()) as registry:
        yield registry
    kafka_registry.forget()


@pytest.fixture
def lake_of(tmp_path, spark, broker, served):
    """A lake for the payments of a topic. The contract names a registry that is nowhere, the secret the one served."""

    def make(topic):
        columns = contract("kafka__payments", topic.name, PAYMENT, schemas="https://registry.invalid")
        return SmallLake(tmp_path, spark, {PAYMENTS: columns})

    with lease_account():
        aws._client.cache_clear()
        put_secret(broker.secret | {"schema_registry": served.login})
        yield make
        aws._client.cache_clear()


def log_in(broker, login):
    secret = json.dumps(broker.secret | {"schema_registry": login})
    boto3.client("secretsmanager").put_secret_value(SecretId=source_secret("local", "kafka"), SecretString=secret)


TREE = {
    "type": "record",
    "name": "Category",
    "fields": [{"name": "parts", "type": {"type": "array", "items": "Category"}}],
}


def with_channel(schema_id, record):
    """A record as a serializer writes it whose schema refers to another."""
    named, body = {}, io.BytesIO()
    fastavro.parse_schema(json.loads(json.dumps(CHANNEL)), named)
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(json.dumps(THIRD)), named), record)
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def test_each_record_is_decoded_by_the_schema_it_names_and_each_schema_is_asked_for_once(lake_of, broker, served):
    topic = Topic(broker, "over-http").create(1)
    lake = lake_of(topic)
    served.register(7, FIRST)
    served.register(1_000_001, SECOND)
    served.register(40, CHANNEL)
    served.register(41, THIRD, references=[{"name": "Channel", "subject": "of-40", "version": 1}])
    served.register(50, {"type": "object"}, "JSON")
    served.register(51, 'syntax = "proto3";', "PROTOBUF")
    served.register(52, '"string"')
    served.register(53, TREE)
    good = [
        framed(7, record(1), FIRST),
        framed(1_000_001, record(2, Channel="web", device={"os": "x"}), SECOND),
        framed(7, record(3), FIRST),
        with_channel(41, record(4, channel="store")),
    ]
    later = framed(60, record(9, Channel="store", device=None), SECOND)
    poison = {
        later: "UNKNOWN_SCHEMA",
        framed(50, record(5), FIRST): "UNFIT_SCHEMA: JSON",
        framed(51, record(5), FIRST): "UNFIT_SCHEMA: PROTOBUF",
        framed(52, record(5), FIRST): "UNFIT_SCHEMA: no record",
        framed(53, record(5), FIRST): "UNFIT_SCHEMA: refers to itself",
        b"\x00\xff\xff\xff\xff": "UNKNOWN_SCHEMA",
        b"\x03\x00" + bytes(16): "UNKNOWN_SCHEMA",
        b"poison": "BAD_MAGIC",
    }
    topic.send(*good, *poison, None)

    first = ingested(lake, "r1")

    expected = [
        row(1, "over-http/0/0"),
        row(2, "over-http/0/1", "web", '{"device":{"os":"x"}}'),
        row(3, "over-http/0/2"),
        row(4, "over-http/0/3", "store"),
    ]
    assert expected == landed(lake)
    assert (13, 4, 9) == (first.read, first.inserted, first.quarantined)
    assert sum(len(value) for value in [*good, *poison]) == first.bytes
    reasons = [[reason] for reason in [*poison.values(), "TOMBSTONE"]]
    assert {f"over-http/0/{i}": r for i, r in enumerate(reasons, 4)} == {r[2]: r[1] for r in lake.refused(PAYMENTS)}
    ids = [7, 41, 50, 51, 52, 53, 60, 1_000_001]
    assert sorted([*(f"/schemas/ids/{i}" for i in ids), "/subjects/of-40/versions/1?deleted=true"]) == sorted(
        served.requests
    )

    # What was there before costs no request, and what was not is there now.
    served.requests.clear()
    served.register(60, SECOND)
    topic.send(framed(7, record(6), FIRST))
    assert Status.SUCCEEDED is ingested(lake, "r2").status
    assert [] == served.requests
    ran = lake.run("r3", (Step.INGEST,), replay=Replay(table=PAYMENTS, rule="UNKNOWN_SCHEMA"))
    assert {"read": 3, "inserted": 1, "quarantined": 2} == ran.books(PAYMENTS)
    assert [row(6, "over-http/0/13"), row(9, "over-http/0/4", "store")] == [
        r for r in landed(lake) if r not in expected
    ]
    assert ["/schemas/ids/60"] == served.requests
    kept = lake.spark.read.format("delta").load(lake.quarantine_location(PAYMENTS))
    assert [*[*poison][1:], None] == [
        None if r.value is None else bytes(r.value) for r in sorted(from_raw(kept, "row").collect(), key=offset_of)
    ]
    told = [PASSWORD.encode(), base64.b64encode(f"{USER}:{PASSWORD}".encode())]
    written = [f.read_bytes() for f in lake.root.rglob("*") if f.is_file()]
    assert not any(secret in content for content in written for secret in told)


def offset_of(record):
    return record.offset


def test_a_table_goes_on_where_it_stood_once_its_registry_answers_again(lake_of, broker):
    topic = Topic(broker, "registry-away").create(1)
    lake, registry = lake_of(topic), SchemaRegistry()
    topic.send(framed(7, record(1), FIRST))
    with running(registry):
        log_in(broker, registry.login | {"password": "canary"})
        refused = ingested(lake, "r1").failure
    assert ("TerminalError", False) == (refused.error, refused.retryable)
    assert "kafka, topic registry-away, schema 7 of the registry 127.0.0.1" in refused.message
    assert "into the secret lakewright/local/kafka" in refused.message
    assert PASSWORD not in refused.message
    assert "canary" not in refused.message

    log_in(broker, registry.login)
    away = ingested(lake, "r2").failure
    assert ("SourceUnavailableError", True) == (away.error, away.retryable)
    assert "topic registry-away, schema 7" in away.message

    registry.register(7, FIRST)
    with running(registry, urlsplit(registry.address).port):
        assert Status.SUCCEEDED is ingested(lake, "r2").status
    assert [row(1, "registry-away/0/0")] == landed(lake)


def test_records_that_go_while_their_ids_are_read_are_told(lake_of, broker, served, monkeypatch):
    topic, read = Topic(broker, "going").create(1), reader.records_of
    lake = lake_of(topic)
    served.register(7, FIRST)
    topic.send(framed(7, record(1), FIRST), framed(7, record(2), FIRST))

    def too_late(*asked):
        topic.forget(0, 1)
        return read(*asked)

    monkeypatch.setattr(reader, "records_of", too_late)
    gone = ingested(lake, "r1").failure

    assert "SourceContentError" == gone.error
    assert "kafka, topic going, partition 0 from offset 0: records were removed from Kafka" in gone.message
    assert [] == served.requests


def test_only_so_many_schemas_are_asked_for_and_those_that_most_records_name(spark, monkeypatch):
    monkeypatch.setattr(kafka_records, "MOST_NUMBERS", 2)
    named = [5, 9, 9, 7, 7, 7]
    values = [struct.pack(">bI", 0, number) + b"x" for number in named] + [b"\x00\x00", None, b"\x03\x00" + bytes(16)]

    assert ["7", "9"] == named_numbers(spark.createDataFrame([(v,) for v in values], "value binary"))
