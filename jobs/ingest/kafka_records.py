"""Records of Kafka as a frame: read from a topic, written down as text, and read back from that text.

The columns are those of Spark's source: key and value (binary), topic, partition, offset, timestamp, headers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.fetched import BYTES
from jobs.ingest.kafka_broker import patience

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame, SparkSession

    from jobs.ingest.kafka_offsets import Ranges

# What the quarantine keeps of a record that could not be decoded: all of it. Bytes are Base64.
RAW_SCHEMA = (
    "topic string, partition int, offset bigint, timestamp timestamp, schema_id bigint, key binary, value binary, "
    "headers array<struct<key: string, value: binary>>"
)
# Confluent's frame: a byte of nothing, the schema's id in four, big end first, then the Avro binary.
MAGIC, FRAME_BYTES = 0, 5
COLUMNS = ("key", "value", "topic", "partition", "offset", "timestamp", "headers")
EXACT = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "ignoreNullFields": "false"}
# Rights are given by the names of groups, too; Spark makes one for each read.
GROUP_PREFIX = "lakewright"
# How long a task waits for records of a broker that has gone; its client keeps trying meanwhile.
POLL_MS = 120_000


def records_of(spark: SparkSession, settings: Mapping[str, str], ranges: Ranges) -> DataFrame:
    """The committed records of exactly these offsets, read again alike for as long as the topic keeps them."""
    reader = spark.read.format("kafka").option("includeHeaders", "true").option("groupIdPrefix", GROUP_PREFIX)
    # Nothing may be missing: what was held when the broker was asked is there, or the batch fails.
    options = {**ranges.options, "failOnDataLoss": "true", "kafka.isolation.level": "read_committed"}
    options["kafkaConsumer.pollTimeoutMs"] = str(POLL_MS)
    options |= {f"kafka.{name}": value for name, value in {**settings, **patience()}.items()}
    return reader.options(**options).load().select(*COLUMNS)


def bytes_of_records() -> Column:
    """The bytes of all keys and values, as the producers sent them."""
    sizes = [F.coalesce(F.octet_length(name), F.lit(0)) for name in ("key", "value")]
    return F.sum(sizes[0] + sizes[1]).alias(BYTES)


def source_position() -> Column:
    """`topic/partition/offset` of a record."""
    return F.concat_ws("/", "topic", F.col("partition").cast("string"), F.col("offset").cast("string"))


def schema_id() -> Column:
    """The id of the schema that a framed record names; null without a frame."""
    is_framed = (F.length("value") >= FRAME_BYTES) & (F.substring("value", 1, 1) == F.lit(bytes([MAGIC])))
    return F.when(is_framed, F.conv(F.hex(F.substring("value", 2, 4)), 16, 10).cast("bigint"))


def raw() -> Column:
    """A record as one JSON text, from which `from_raw` makes the same record again."""
    place = ("topic", "partition", "offset", "timestamp", schema_id().alias("schema_id"))
    return F.to_json(F.struct(*place, "key", "value", "headers"), EXACT)


def from_raw(raws: DataFrame, column: str) -> DataFrame:
    """The records that texts of `raw` tell, to be decoded once more."""
    return raws.select(F.from_json(column, RAW_SCHEMA, EXACT).alias("_record")).select("_record.*").select(*COLUMNS)
