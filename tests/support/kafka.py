"""Topics of a real broker, and records in the formats of producers."""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
import fastavro
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from shared.names import source_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.sources.kafka_broker import KafkaBroker

FIRST = {
    "type": "record",
    "name": "Payment",
    "fields": [
        {"name": "payment_id", "type": "string"},
        {"name": "order_id", "type": "long"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
SECOND = FIRST | {
    "fields": [
        *FIRST["fields"],
        {"name": "Channel", "type": ["null", "string"], "default": None},
        {"name": "device", "type": ["null", {"type": "map", "values": "string"}], "default": None},
    ]
}
IN_GLUE = "b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63"
SCHEMAS = {7: FIRST, 1_000_001: SECOND, IN_GLUE: FIRST}


def framed(schema_id: int | str, record: dict[str, Any], schema: dict[str, Any] | None = None) -> bytes:
    """A record in the format of Confluent's serializer, or with a UUID in that of AWS Glue's."""
    body = io.BytesIO()
    fastavro.schemaless_writer(
        body, fastavro.parse_schema(json.loads(json.dumps(schema or SCHEMAS[schema_id]))), record
    )
    if isinstance(schema_id, str):
        return bytes([3, 0]) + UUID(schema_id).bytes + body.getvalue()
    return struct.pack(">bI", 0, schema_id) + body.getvalue()


def packed(of_glue: bytes) -> bytes:
    """The same record in the compressed format of Glue's serializer."""
    return bytes([3, 5]) + of_glue[2:18] + zlib.compress(of_glue[18:])


@dataclass
class Topic:
    """One topic of a broker."""

    broker: KafkaBroker
    name: str

    def create(self, partitions: int = 2) -> Topic:
        self._asked("create_topics", [NewTopic(self.name, partitions, 1)])
        return self

    def grow(self, partitions: int) -> None:
        self._asked("create_partitions", [NewPartitions(self.name, partitions)])

    def delete(self) -> None:
        self._asked("delete_topics", [self.name])

    def create_when_gone(self, partitions: int) -> Topic:
        """Recreate a deleted topic; a broker takes a moment to forget it."""
        admin = AdminClient(self.broker.client_settings)
        until = time.monotonic() + 30
        while self.name in admin.list_topics(timeout=10).topics and time.monotonic() < until:
            time.sleep(0.1)
        return self.create(partitions)

    def forget(self, partition: int, before: int) -> None:
        """Delete records, as retention does."""
        self._asked("delete_records", [TopicPartition(self.name, partition, before)])

    def send(self, *values: bytes | None, partition: int = 0, **others: Any) -> None:
        producer = Producer(self.broker.client_settings)
        for value in values:
            producer.produce(self.name, value, partition=partition, timestamp=1_767_268_800_123, **others)
        assert 0 == producer.flush(30)

    def send_in_transaction(self, values: Sequence[bytes], *, commit: bool) -> None:
        producer = Producer(self.broker.client_settings | {"transactional.id": f"t-{self.name}"})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(self.name, value, partition=0)
        producer.flush(30)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)

    def _asked(self, what: str, request: list[Any]) -> None:
        admin = AdminClient(self.broker.client_settings)
        for future in getattr(admin, what)(request).values():
            future.result(30)


def put_secret(connection: dict[str, Any], env: str = "local") -> None:
    """Put the broker's connection into the secret that jobs read, in the current account."""
    boto3.client("secretsmanager").create_secret(Name=source_secret(env, "kafka"), SecretString=json.dumps(connection))
