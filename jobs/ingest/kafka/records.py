"""Records of Kafka as a frame: read from a topic, written as JSON, and read back from that.

The columns are those of Spark's source: key and value (binary), topic, partition, offset, timestamp, headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.kafka.broker import timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.ingest.kafka.offsets import Ranges

BYTES = "_fetched_bytes"
# What the quarantine keeps of a record that could not be decoded: all of it. Bytes are Base64.
RAW_SCHEMA = (
    "topic string, partition int, offset bigint, timestamp timestamp, schema_id string, key binary, value binary, "
    "headers array<struct<key: string, value: binary>>"
)
# Confluent's frame: a zero byte, the schema id in four bytes (big-endian), then the Avro binary.
MAGIC, FRAME_BYTES = 0, 5
# Ids are Java's int. Bytes that only look like a frame may name any id, and each costs a request to the registry.
GREATEST_NUMBER, MOST_NUMBERS = 2**31 - 1, 500
# AWS Glue's frame: its version, the compression (none or zlib), the sixteen bytes of a UUID.
# Source: AWSSchemaRegistryConstants in awslabs/aws-glue-schema-registry.
GLUE_MAGIC, GLUE_PLAIN, GLUE_ZLIB, GLUE_FRAME_BYTES = 3, 0, 5, 18
UUID_PARTS, UUID = "(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"
COLUMNS = ("key", "value", "topic", "partition", "offset", "timestamp", "headers")
EXACT = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "ignoreNullFields": "false"}
# Kafka's ACLs may name consumer groups; Spark makes a new group for each read, with this prefix.
GROUP_PREFIX = "lakewright"
# How long a task waits for a broker that is down; the client retries meanwhile.
POLL_MS = 120_000


def records_of(spark: SparkSession, settings: Mapping[str, str], ranges: Ranges) -> DataFrame:
    """The committed records of exactly these offsets; the same again for as long as the topic keeps them."""
    reader = spark.read.format("kafka").option("includeHeaders", "true").option("groupIdPrefix", GROUP_PREFIX)
    # The batch fails if any of these offsets is gone meanwhile.
    options = {**ranges.options, "failOnDataLoss": "true", "kafka.isolation.level": "read_committed"}
    options["kafkaConsumer.pollTimeoutMs"] = str(POLL_MS)
    options |= {f"kafka.{name}": value for name, value in {**settings, **timeouts()}.items()}
    return reader.options(**options).load().select(*COLUMNS)


def bytes_of_records() -> Column:
    """The bytes of all keys and values, as the producers sent them."""
    sizes = [F.coalesce(F.octet_length(name), F.lit(0)) for name in ("key", "value")]
    return F.sum(sizes[0] + sizes[1]).alias(BYTES)


def source_position() -> Column:
    """`topic/partition/offset` of a record."""
    return F.concat_ws("/", "topic", F.col("partition").cast("string"), F.col("offset").cast("string"))


def schema_id() -> Column:
    """The schema id in a record's frame: Confluent's number or Glue's UUID; null without a frame."""
    number = F.conv(F.hex(F.substring("value", 2, 4)), 16, 10)
    uuid = F.regexp_replace(F.lower(F.hex(F.substring("value", 3, 16))), UUID_PARTS, UUID)
    return F.when(_begins_with(MAGIC, frame=FRAME_BYTES), number).when(_is_of_glue() & ~is_packed_otherwise(), uuid)


def named_numbers(records: DataFrame) -> list[str]:
    """The Confluent ids that records name, the most frequent first, at most MOST_NUMBERS of them."""
    framed = records.where(_begins_with(MAGIC, frame=FRAME_BYTES)).groupBy(schema_id().alias("id")).count()
    possible = framed.where(F.col("id").cast("bigint") <= GREATEST_NUMBER)
    return [row["id"] for row in possible.orderBy(F.desc("count"), "id").limit(MOST_NUMBERS).collect()]


def is_packed() -> Column:
    """Whether a record has Glue's frame and a payload compressed with zlib."""
    return _begins_with(GLUE_MAGIC, GLUE_ZLIB, frame=GLUE_FRAME_BYTES)


def is_packed_otherwise() -> Column:
    """Whether a record has Glue's frame and names a compression that Glue does not define."""
    known = _begins_with(GLUE_MAGIC, GLUE_PLAIN, frame=0) | _begins_with(GLUE_MAGIC, GLUE_ZLIB, frame=0)
    return _is_of_glue() & ~known


def body(name: str = "value") -> Column:
    """The payload behind the frame of a value or a key, still compressed if it is.

    Without a frame that is all of it: no JSON begins with the first byte of a frame.
    """
    rest = {size: F.expr(f"substring({name}, {size + 1})") for size in (FRAME_BYTES, GLUE_FRAME_BYTES)}
    is_of_confluent = _begins_with(MAGIC, frame=FRAME_BYTES, name=name)
    is_of_glue = _begins_with(GLUE_MAGIC, frame=GLUE_FRAME_BYTES, name=name)
    return F.when(is_of_glue, rest[GLUE_FRAME_BYTES]).when(is_of_confluent, rest[FRAME_BYTES]).otherwise(F.col(name))


def _is_of_glue() -> Column:
    return _begins_with(GLUE_MAGIC, frame=GLUE_FRAME_BYTES)


def _begins_with(*start: int, frame: int, name: str = "value") -> Column:
    return (F.length(name) >= frame) & (F.substring(name, 1, len(start)) == F.lit(bytes(start)))


def raw() -> Column:
    """A record as one JSON text, which `from_raw` turns back into the record."""
    place = ("topic", "partition", "offset", "timestamp", schema_id().alias("schema_id"))
    return F.to_json(F.struct(*place, "key", "value", "headers"), EXACT)


def from_raw(raws: DataFrame, column: str) -> DataFrame:
    """The records in texts that `raw` made, to be decoded again."""
    return raws.select(F.from_json(column, RAW_SCHEMA, EXACT).alias("_record")).select("_record.*").select(*COLUMNS)
