"""The daemon that Spark's Python workers are forked from, with the readers loaded before it forks.

Every read of a source takes three Python workers, and each would import pyarrow, boto3 and the Snowflake connector
anew: seconds of processor time per table (Spark's setting `spark.python.daemon.module`).
"""

from pyspark.daemon import manager

import jobs.ingest.readers  # noqa: F401 - loaded here so that the forks need not

if __name__ == "__main__":
    manager()
