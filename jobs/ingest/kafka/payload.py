"""Decodes records of a topic into rows of the contract's columns, or says why a record cannot be decoded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.avro.functions import from_avro

from jobs.ingest.formats.json_rows import REASON_DOUBLED
from jobs.ingest.kafka.fit import MISFITS_FIELD, RESCUED_FIELD, WIDEST, fit_texts, fitted
from jobs.ingest.kafka.packed import BODY, COMPRESSED, FAULT, unpacked
from jobs.ingest.kafka.records import body, is_packed_otherwise, raw, schema_id, source_position
from jobs.ingest.reading import RAW, REASONS
from jobs.runtime.json_columns import json_fields, lower_case_names
from shared.contracts import SchemaContract
from shared.contracts.source_model import AVRO
from shared.landed_columns import RESCUED, SOURCE_POSITION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

    from jobs.ingest.kafka.schemas import Writers
    from shared.contracts import Source, Table

TOMBSTONE, BAD_MAGIC = "TOMBSTONE", "BAD_MAGIC"
UNKNOWN_SCHEMA, UNFIT_SCHEMA = "UNKNOWN_SCHEMA", "UNFIT_SCHEMA"
DECODE, ENCODING = "DECODE", "ENCODING"
# Debezium's event of a table that was emptied: it says so of no row, so it changes none here.
TRUNCATE, TRUNCATED = "TRUNCATE", "t"
# A field with a default that no writer knows: it is there in every record that could be decoded, and only there.
DECODED = "_lakewright_decoded"
OP, TS_MS, SOURCE, BEFORE = "debezium_op", "debezium_ts_ms", "debezium_source", "debezium_before"


def rows_of(records: DataFrame, table: Table, source: Source, writers: Writers) -> DataFrame:
    """Decode records, as `Reading.rows` wants them.

    Grain: one record in, one row out; one that is refused keeps its bytes in `_raw`.

    Args:
        records: Those of `records_of`.
        table: The contract.
        source: Its source: format and envelope.
        writers: For Avro, the writers' schemas.
    """
    decode = _avro if source.format == AVRO else _json
    judged = decode(records, table, source, writers)
    is_bad, rescued = F.size(REASONS) > 0, F.col(f"_row.{RESCUED_FIELD}")
    # A replay decodes a row that was refused for unknown columns from its record, too.
    is_kept = is_bad | rescued.isNotNull() if source.schema_contract is SchemaContract.QUARANTINE_ROW else is_bad
    return judged.select(
        # Of a refused row, too: what could be decoded may show that it is of a person who was erased.
        *(F.col(f"_row.{name}").alias(name) for name in table.column_names),
        source_position().alias(SOURCE_POSITION),
        F.when(~is_bad, rescued).alias(RESCUED),
        F.when(is_kept, raw()).alias(RAW),
        REASONS,
    )


def _avro(records: DataFrame, table: Table, _: Source, writers: Writers) -> DataFrame:
    schemas = writers.schemas
    # Glue's ids are UUIDs, and only its serializer compresses; a folder may hold schemas of both kinds.
    may_be_packed = not all(name.isdecimal() for name in schemas)
    framed = unpacked(records.withColumn("_schema_id", schema_id()), may_be_packed=may_be_packed)
    # Decoded here and taken apart one step later: Spark then decodes each record once.
    bodies = [(F.when(F.col("_schema_id") == i, F.col(BODY)), text) for i, text in schemas.items()]
    decoded = framed.select("*", *(_decoded(body, text).alias(f"_as_{i}") for i, (body, text) in enumerate(bodies)))
    rows = []
    for i in range(len(bodies)):
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
    """The reason for a record whose schema id names something other than an Avro record schema."""
    kinds = [F.when(F.col("_schema_id") == i, f"{UNFIT_SCHEMA}: {kind}") for i, kind in writers.unfit.items()]
    return F.coalesce(F.lit(None).cast("string"), *kinds)


def _decoded(body: Column, schema: str) -> Column:
    writer = within_spark(json.loads(schema))
    reader = dict(writer)
    reader["fields"] = [*reader["fields"], {"name": DECODED, "type": "boolean", "default": True}]
    return from_avro(body, json.dumps(writer), {"mode": "PERMISSIVE", "avroSchema": json.dumps(reader)})


def within_spark(schema: Any) -> Any:  # noqa: ANN401 - a schema's JSON
    """The schema with decimals cut to the precision that Spark has; a wider value is null, and its record refused.

    Kafka Connect writes 64 where no precision was configured.
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
    parsed = unpacked(records, may_be_packed=source.may_be_packed).withColumn("_texts", json_fields(value))
    if source.envelope:
        parsed = parsed.withColumn("_op", _op(F.col("_texts"))).withColumn("_texts", _change(table))
    parsed = parsed.withColumn("_lower", lower_case_names(F.col("_texts")))
    is_emptied = F.col("_op") == TRUNCATED if source.envelope else F.lit(False)
    fault = (
        F.when(F.col("value").isNull() & F.col("_texts").isNull(), TOMBSTONE)
        .when(is_packed_otherwise(), COMPRESSED)
        .when(F.col(FAULT).isNotNull(), F.col(FAULT))
        .when(~F.is_valid_utf8(value), ENCODING)
        .when(is_emptied, TRUNCATE)
        .when(F.col("_texts").isNull(), DECODE)
        .when(F.col("_lower").isNull(), REASON_DOUBLED)
    )
    row = fit_texts(F.col("_texts"), F.col("_lower"), table.columns)
    return parsed.withColumn("_row", row).withColumn(REASONS, _reasons(fault))


def _change(table: Table) -> Column:
    """A Debezium change event as a map: the row after the change, or before a delete, and the envelope's own fields.

    A tombstone, which follows a delete and may outlive it in a compacted topic, is a delete of its record's key.
    """
    plain = _unwrapped(F.col("_texts"))
    op = _op(F.col("_texts"))
    before, after = (F.try_element_at(plain, F.lit(name)) for name in ("before", "after"))
    envelope = {
        OP: op,
        TS_MS: F.try_element_at(plain, F.lit("ts_ms")),
        SOURCE: F.try_element_at(plain, F.lit("source")),
    }
    change = F.map_concat(json_fields(F.coalesce(after, before)), _envelope_columns(table, envelope | {BEFORE: before}))
    key = _unwrapped(json_fields(body("key").cast("string")))
    sent_ms = F.unix_millis("timestamp").cast("string")
    tombstone = F.map_concat(key, _envelope_columns(table, {OP: F.lit("d"), TS_MS: sent_ms}))
    return F.when(F.col("value").isNull(), tombstone).when(op.isNotNull(), change)


def _op(texts: Column) -> Column:
    """What an envelope says was done."""
    return F.try_element_at(_unwrapped(texts), F.lit("op"))


def _unwrapped(texts: Column) -> Column:
    """The payload alone, where the JSON converter sends a schema with each record."""
    payload = F.try_element_at(texts, F.lit("payload"))
    is_wrapped = payload.isNotNull() & F.map_contains_key(texts, "schema")
    return F.when(is_wrapped, json_fields(payload)).otherwise(texts)


def _envelope_columns(table: Table, envelope: Mapping[str, Column]) -> Column:
    """The fields of the envelope that the contract has columns for, as a map."""
    wanted = [part for name, value in envelope.items() if name in table.column_names for part in (F.lit(name), value)]
    return F.create_map(*wanted) if wanted else json_fields(F.lit("{}"))


def _nothing(table: Table) -> str:
    columns = ", ".join(f"`{c.name}`: {c.type}" for c in table.columns)
    return f"struct<{columns}, {MISFITS_FIELD}: array<string>, {RESCUED_FIELD}: string>"


def _reasons(fault: Column) -> Column:
    return F.when(fault.isNotNull(), F.array(fault)).otherwise(F.coalesce(F.col(f"_row.{MISFITS_FIELD}"), F.array()))
