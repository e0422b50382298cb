"""Turns records of a topic into rows: what their bytes say in the contract's columns, or why they say nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.avro.functions import from_avro

from jobs.ingest.json_rows import REASON_DOUBLED
from jobs.ingest.kafka_fit import MISFITS, WIDEST, fit_texts, fitted, folded, texts_of
from jobs.ingest.kafka_fit import RESCUED as RESCUED_FIELD
from jobs.ingest.kafka_packed import BODY, COMPRESSED, FAULT, unpacked
from jobs.ingest.kafka_records import body, is_packed_otherwise, raw, schema_id, source_position
from jobs.ingest.reading import RAW, REASONS, RESCUED, SOURCE_POSITION
from shared.contracts import SchemaContract
from shared.contracts.origin import AVRO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

    from jobs.ingest.kafka_schemas import Writers
    from shared.contracts import Source, Table

TOMBSTONE, BAD_MAGIC = "TOMBSTONE", "BAD_MAGIC"
UNKNOWN_SCHEMA, UNFIT_SCHEMA = "UNKNOWN_SCHEMA", "UNFIT_SCHEMA"
DECODE, ENCODING = "DECODE", "ENCODING"
# A field with a default that no writer knows: it is there in every record that could be decoded, and only there.
DECODED = "_lakewright_decoded"
OP, TS_MS, SOURCE, BEFORE = "debezium_op", "debezium_ts_ms", "debezium_source", "debezium_before"


def rows_of(records: DataFrame, table: Table, source: Source, writers: Writers) -> DataFrame:
    """Decode records, as `Reading.rows` wants them.

    Grain: one record in, one row out; one that is refused keeps its bytes in `_raw`.

    Args:
        records: Those of kafka_records.
        table: The contract.
        source: Its source: format and envelope.
        writers: For Avro, the writers' schemas.
    """
    decode = _avro if source.format == AVRO else _json
    judged = decode(records, table, source, writers)
    is_bad, rescued = F.size(REASONS) > 0, F.col(f"_row.{RESCUED_FIELD}")
    # Who is refused for a column that nobody knows is read again from the record, too.
    is_kept = is_bad | rescued.isNotNull() if source.schema_contract is SchemaContract.QUARANTINE_ROW else is_bad
    return judged.select(
        # Of a row that is refused, too: they may be enough to know somebody by who was erased.
        *(F.col(f"_row.{name}").alias(name) for name in table.column_names),
        source_position().alias(SOURCE_POSITION),
        F.when(~is_bad, rescued).alias(RESCUED),
        F.when(is_kept, raw()).alias(RAW),
        REASONS,
    )


def _avro(records: DataFrame, table: Table, _: Source, writers: Writers) -> DataFrame:
    schemas = writers.schemas
    # A folder may have schemas of Glue's, too.
    may_be_packed = not all(name.isdecimal() for name in schemas)
    framed = unpacked(records.withColumn("_schema_id", schema_id()), may_be_packed=may_be_packed)
    # Decoded here and taken apart one step later: Spark then decodes each record once.
    told = [(F.when(F.col("_schema_id") == i, F.col(BODY)), text) for i, text in schemas.items()]
    decoded = framed.select("*", *(_decoded(body, text).alias(f"_as_{i}") for i, (body, text) in enumerate(told)))
    rows = []
    for i in range(len(told)):
        fields = _fields(decoded, f"_as_{i}")
        rows.append(F.when(F.col(f"_as_{i}.{DECODED}"), fitted(fields, table.columns)))
    row = F.coalesce(*rows) if rows else F.lit(None).cast(_nothing(table))
    fault = (
        F.when(F.col("value").isNull(), TOMBSTONE)
        .when(is_packed_otherwise(), COMPRESSED)
        .when(F.col("_schema_id").isNull(), BAD_MAGIC)
        .when(F.col("_schema_id").isin([*writers.unfit]), _unfit(writers))
        .when(~F.col("_schema_id").isin([*schemas]), UNKNOWN_SCHEMA)
        .when(F.col(FAULT).isNotNull(), F.col(FAULT))
        .when(F.col("_row").isNull(), DECODE)
    )
    return decoded.withColumn("_row", row).withColumn(REASONS, _reasons(fault))


def _unfit(writers: Writers) -> Column:
    """What the schema is that a record names, in place of Avro's of a record."""
    kinds = [F.when(F.col("_schema_id") == i, f"{UNFIT_SCHEMA}: {kind}") for i, kind in writers.unfit.items()]
    return F.coalesce(F.lit(None).cast("string"), *kinds)


def _decoded(body: Column, schema: str) -> Column:
    writer = within_spark(json.loads(schema))
    reader = dict(writer)
    reader["fields"] = [*reader["fields"], {"name": DECODED, "type": "boolean", "default": True}]
    return from_avro(body, json.dumps(writer), {"mode": "PERMISSIVE", "avroSchema": json.dumps(reader)})


def within_spark(schema: Any) -> Any:  # noqa: ANN401 - a schema's JSON
    """A schema whose decimals have the digits that Spark can have: a value of more is null, and its record is refused.

    Connect writes 64 where nobody said how many they are.
    """
    if isinstance(schema, list):
        return [within_spark(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {name: within_spark(part) for name, part in schema.items()}
    if whole.get("logicalType") == "decimal" and whole.get("precision", 0) > WIDEST >= whole.get("scale", 0):
        whole["precision"] = WIDEST
    return whole


def _fields(decoded: DataFrame, name: str) -> dict[str, tuple[Column, T.DataType]]:
    struct = decoded.schema[name].dataType
    fields = struct.fields if isinstance(struct, T.StructType) else []
    return {f.name: (F.col(f"{name}.`{f.name}`"), f.dataType) for f in fields if f.name != DECODED}


def _json(records: DataFrame, table: Table, source: Source, _: Writers) -> DataFrame:
    value = F.col(BODY).cast("string")
    parsed = unpacked(records, may_be_packed=source.may_be_packed).withColumn("_texts", texts_of(value))
    if source.envelope:
        parsed = parsed.withColumn("_texts", _change(table))
    parsed = parsed.withColumn("_small", folded(F.col("_texts")))
    fault = (
        F.when(F.col("value").isNull() & F.col("_texts").isNull(), TOMBSTONE)
        .when(is_packed_otherwise(), COMPRESSED)
        .when(F.col(FAULT).isNotNull(), F.col(FAULT))
        .when(~F.is_valid_utf8(value), ENCODING)
        .when(F.col("_texts").isNull(), DECODE)
        .when(F.col("_small").isNull(), REASON_DOUBLED)
    )
    row = fit_texts(F.col("_texts"), F.col("_small"), table.columns)
    return parsed.withColumn("_row", row).withColumn(REASONS, _reasons(fault))


def _change(table: Table) -> Column:
    """Debezium's envelope: the row after the change, or before it was deleted, and what the envelope says of it.

    A tombstone, which follows a delete and may outlive it in a compacted topic, is a delete of its record's key.
    """
    plain = _unwrapped(F.col("_texts"))
    op = F.try_element_at(plain, F.lit("op"))
    before, after = (F.try_element_at(plain, F.lit(name)) for name in ("before", "after"))
    said = {OP: op, TS_MS: F.try_element_at(plain, F.lit("ts_ms")), SOURCE: F.try_element_at(plain, F.lit("source"))}
    change = F.map_concat(texts_of(F.coalesce(after, before)), _told(table, said | {BEFORE: before}))
    key = _unwrapped(texts_of(body("key").cast("string")))
    sent_ms = F.unix_millis("timestamp").cast("string")
    tombstone = F.map_concat(key, _told(table, {OP: F.lit("d"), TS_MS: sent_ms}))
    return F.when(F.col("value").isNull(), tombstone).when(op.isNotNull(), change)


def _unwrapped(texts: Column) -> Column:
    """The payload, where the converter sends a schema with each record."""
    payload = F.try_element_at(texts, F.lit("payload"))
    is_wrapped = payload.isNotNull() & F.map_contains_key(texts, "schema")
    return F.when(is_wrapped, texts_of(payload)).otherwise(texts)


def _told(table: Table, said: Mapping[str, Column]) -> Column:
    """Those parts of the envelope that the contract has columns for."""
    wanted = [part for name, value in said.items() if name in table.column_names for part in (F.lit(name), value)]
    return F.create_map(*wanted) if wanted else texts_of(F.lit("{}"))


def _nothing(table: Table) -> str:
    columns = ", ".join(f"`{c.name}`: {c.type}" for c in table.columns)
    return f"struct<{columns}, {MISFITS}: array<string>, {RESCUED_FIELD}: string>"


def _reasons(fault: Column) -> Column:
    return F.when(fault.isNotNull(), F.array(fault)).otherwise(F.coalesce(F.col(f"_row.{MISFITS}"), F.array()))
