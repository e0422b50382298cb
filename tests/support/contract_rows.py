"""Runs a contract on a few rows: the query of a built table, or the typing and rules of a refined table."""

import re
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from jobs.refine.classify import NEWEST, ranked
from jobs.refine.rules import FAILED, WARNED, failed_rules, warned_rules
from jobs.refine.typing import typed
from jobs.runtime.tables import spark_type
from jobs.runtime.versions import history_of
from shared.contracts import Table, load_catalog

Row = dict[str, Any]


def built(spark: SparkSession, name: str, **inputs: Sequence[Row]) -> list[Row]:
    """The rows that a built table gets from a few rows of its inputs, which are named `layer__table`.

    A column that an input row leaves out is null. Rows are in the order of the table's key; those of a history are its
    versions.
    """
    table = load_catalog().table(name)
    session = spark.newSession()
    sql = table.query.sql
    for source in table.query.inputs:
        view = f"{source.layer}__{source.table}"
        frame(session, load_catalog().table(str(source)), inputs[view]).createOrReplaceTempView(view)
        sql = re.sub(rf"\b{source}\b", view, sql)
    rows = session.sql(sql)
    if table.history:
        rows = history_of(rows, table)
    assert {c.name: c.type for c in table.all_columns} == dict(rows.dtypes)
    return [row.asDict() for row in rows.orderBy(*table.versions.primary_key).collect()]


def refined(spark: SparkSession, name: str, rows: Sequence[Row]) -> list[Row]:
    """What a refined table makes from a few rows of its source: its columns, and rule names in `failed` and `warned`.

    The rows belong to the first batch, unless they name another.
    """
    table = load_catalog().table(name)
    found = [row.asDict() for row in _ruled(spark, table, rows).collect()]
    return [
        {c: row[c] for c in table.column_names} | {"failed": set(row[FAILED]), "warned": set(row[WARNED])}
        for row in found
    ]


def warned(spark: SparkSession, name: str, rows: Sequence[Row]) -> list[set[str]]:
    """The names of the rules of severity `warning` that each row of a built table fails."""
    table = load_catalog().table(name)
    found = frame(spark, table, rows).select(warned_rules(table).alias(WARNED)).collect()
    return [set(row[WARNED]) for row in found]


def newest(spark: SparkSession, name: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that a refined table keeps from several versions, by its key."""
    table = load_catalog().table(name)
    kept = ranked(_ruled(spark, table, rows), table).where(NEWEST).select(*table.column_names)
    return [row.asDict() for row in kept.orderBy(*table.primary_key).collect()]


def _ruled(spark: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", "false")
    batch = frame(session, load_catalog().table(str(table.inputs[0])), [{"_sequence": 1} | row for row in rows])
    if table.query:
        batch.createOrReplaceTempView("batch")
        batch = session.sql(table.query.sql)
    return typed(batch, table).withColumns({FAILED: failed_rules(table), WARNED: warned_rules(table)})


def frame(session: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    """A frame with a table's columns."""
    unknown = {c for row in rows for c in row} - {c.name for c in table.all_columns}
    assert set() == unknown
    schema = T.StructType([T.StructField(c.name, spark_type(c.type)) for c in table.all_columns])
    return session.createDataFrame([tuple(row.get(n) for n in schema.names) for row in rows], schema)
