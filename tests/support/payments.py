"""A table of payments that is read from a topic, and its expected rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from shared.jobs import Step
from tests.support.kafka import framed

PAYMENTS = "bronze.kafka__payments"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAIVE_NOON = NOON.replace(tzinfo=None)
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: {name}
name: {name}
version: 1.0.0
status: active
description: {{purpose: Words.}}
servers:
  - {{server: kafka, type: kafka, host: h, format: {format}, customProperties: [{custom}]}}
schema:
  - name: {name}
    physicalName: {topic}
    physicalType: table
    dataGranularityDescription: One row per record.
    customProperties: [{{property: writeDisposition, value: append}}]
    properties:
"""
KINDS = {"string": "string", "bigint": "integer", "int": "integer", "timestamp": "timestamp", "date": "date"}
PAYMENT = {
    "payment_id": "string",
    "order_id": "int",
    "amount": "decimal(12,2)",
    "paid_at": "timestamp",
    "channel": "string",
}


def contract(name, topic, columns, form="avro", **custom):
    told = ", ".join(f"{{property: {k}, value: {json.dumps(v)}}}" for k, v in custom.items())
    lines = [HEAD.format(name=name, topic=topic, format=form, custom=told)]
    for i, (column, type_) in enumerate(columns.items()):
        key = "primaryKey: true, " if i == 0 else ""
        kind = KINDS.get(type_, "number")
        lines.append(f'      - {{name: {column}, {key}logicalType: {kind}, physicalType: "{type_}", description: c}}\n')
    return "".join(lines)


def payment(number, schema_id=7, **others):
    return framed(schema_id, record(number, **others))


def record(number, **others):
    return {"payment_id": f"p{number}", "order_id": number, "amount": Decimal("12.50"), "paid_at": NOON} | others


def ingested(lake, run_id, table=PAYMENTS):
    return lake.run(run_id, (Step.INGEST,)).outcomes[table]


def landed(lake, table=PAYMENTS):
    names = [*lake.catalog.table(table).column_names, "_source_position", "_rescued"]
    return sorted((tuple(r) for r in lake.frame(table).select(*names).collect()), key=lambda r: r[-2])


def row(number, place, channel=None, rescued=None):
    return f"p{number}", number, Decimal("12.50"), NAIVE_NOON, channel, place, rescued
