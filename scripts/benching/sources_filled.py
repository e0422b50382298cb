"""The sources that `lake bench sources` reads: stand-ins for Snowflake and Kafka, and a folder of files, all filled."""

from __future__ import annotations

import io
import json
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self

import duckdb
import fastavro
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from scripts.benching.sources_contracts import COLUMNS, DATABASE, SCHEMA
from scripts.sources.kafka_broker import KafkaBroker
from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = PARTITIONS = 8
SNOWFLAKE_TYPES = {"bigint": "NUMBER(38,0)", "string": "VARCHAR", "timestamp": "TIMESTAMP_NTZ"}
ANSWER_SECONDS = 120
SCHEMA_ID = 1
AVRO = {
    "type": "record",
    "name": "Thing",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "customer_id", "type": "long"},
        {"name": "amount_usd", "type": {"type": "bytes", "logicalType": "decimal", "precision": 19, "scale": 4}},
        {"name": "channel", "type": "string"},
        {"name": "note", "type": "string"},
        {"name": "changed_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
PARSED = fastavro.parse_schema(json.loads(json.dumps(AVRO)))
FRAME = struct.pack(">bI", 0, SCHEMA_ID)
ROWS_AT_ONCE = 10_000
# No two rows are equal, and words have several lengths.
THINGS = """
SELECT range AS id, range * 7919 % 50000 AS customer_id, CAST(range % 100000 / 7 AS DECIMAL(19, 4)) AS amount_usd,
       CASE range % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'store' ELSE 'phone' END AS channel,
       'note ' || md5(CAST(range AS VARCHAR)) AS note, TIMESTAMP '2026-01-01' + INTERVAL (range) SECOND AS changed_at
FROM range({first}, {end})
"""


@dataclass
class FilledSources:
    """The three sources, running inside a `with` block; each has every size of things.

    Args:
        folder: Where they keep what they hold.
        sizes: How many things there are, by the name of the size.
    """

    folder: Path
    sizes: Mapping[str, int]

    def __post_init__(self) -> None:
        """Set the folders of the parts."""
        self.landing = self.folder / "landing"
        self.snowflake = SnowflakeStandIn(self.folder / "snowflake")
        self.broker = KafkaBroker(self.folder / "kafka")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Write the files, start both servers and fill them."""
        duckdb.execute("SET enable_progress_bar = false")
        with ExitStack() as stack:
            self._write_files()
            for server in (self.snowflake, self.broker):
                stack.callback(server.stop)
                server.start()
            self.broker.ready()
            self._send()
            self.snowflake.ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop both servers."""
        self._stack.close()

    def _write_files(self) -> None:
        """Write the files of the landing place, and those that Snowflake's tables are filled from."""
        (self.landing / "schemas").mkdir(parents=True)
        (self.landing / "schemas" / f"{SCHEMA_ID}.avsc").write_text(json.dumps(AVRO), encoding="utf-8")
        self.snowflake.tables.mkdir(parents=True)
        typed = ", ".join(f"{name} {SNOWFLAKE_TYPES.get(type_, type_)}" for name, type_ in COLUMNS.items())
        created = ""
        for size, count in self.sizes.items():
            (self.landing / size).mkdir()
            for i in range(FILES):
                part = THINGS.format(first=count * i // FILES, end=count * (i + 1) // FILES)
                duckdb.execute(f"COPY ({part}) TO '{self.landing / size / f'{i}.csv'}' (HEADER)")
            whole = self.snowflake.tables / f"{size.upper()}.csv"
            duckdb.execute(f"COPY ({THINGS.format(first=0, end=count)}) TO '{whole}' (HEADER)")
            created += f"CREATE OR REPLACE TABLE {DATABASE}.{SCHEMA}.{size.upper()} ({typed});\n"
        (self.snowflake.tables / "tables.sql").write_text(created, encoding="utf-8")

    def _send(self) -> None:
        settings = self.broker.client_settings
        admin = AdminClient(settings)
        for made in admin.create_topics([NewTopic(size, PARTITIONS, 1) for size in self.sizes]).values():
            made.result(ANSWER_SECONDS)
        producer = Producer(settings | {"linger.ms": 20})
        for size, count in self.sizes.items():
            things = duckdb.execute(THINGS.format(first=0, end=count))
            while rows := things.fetchmany(ROWS_AT_ONCE):
                for row in rows:
                    producer.produce(size, _framed(dict(zip(COLUMNS, row, strict=True))), partition=row[0] % PARTITIONS)
                if left := producer.flush(ANSWER_SECONDS):
                    raise TerminalError("the Kafka broker did not take every record", given=f"{left} were not sent")


def _framed(thing: dict[str, Any]) -> bytes:
    """A record in the format of Confluent's serializer."""
    body = io.BytesIO()
    thing["changed_at"] = thing["changed_at"].replace(tzinfo=UTC)
    fastavro.schemaless_writer(body, PARSED, thing)
    return FRAME + body.getvalue()
