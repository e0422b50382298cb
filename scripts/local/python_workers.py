"""The daemon that Spark's Python workers are forked from, with heavy libraries loaded before it forks.

Without it each worker would import pyarrow, boto3 and the file readers itself, a second or two of processor time.
Spark's setting `spark.python.daemon.module` names it. The Snowflake connector is not loaded here: its core starts
threads when it is loaded, and a fork would wait for them for ever.
"""

import boto3  # noqa: F401 - loaded here so that the forks need not
import pandas as pd  # noqa: F401
import pyarrow as pa  # noqa: F401
import pydantic  # noqa: F401
import pyspark.sql.pandas.types  # noqa: F401
from pyspark.daemon import manager

import jobs.ingest.formats.by_format
import jobs.ingest.parquet_writer
import jobs.ingest.salesforce.rows  # noqa: F401

if __name__ == "__main__":
    manager()
