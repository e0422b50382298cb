"""Does in Spark what every local lake does first, and lets Java store the classes it loaded: `first_classes FILE`.

Java checks the archive against the class path and its own version before using it, and ignores it if they differ.
"""

import sys
import tempfile
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.session import build_session
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths, java_option

OPTIONS = "spark.driver.extraJavaOptions"


def main(archive: Path) -> None:
    """Do the work in a separate session, end it, and wait until its Java has written the archive."""
    fresh = archive.with_name(f"{archive.name}.new")
    keep = {OPTIONS: f"{LOCAL_CONFS[OPTIONS]} {java_option('-XX:ArchiveClassesAtExit', fresh)}"}
    spark = build_session("first-classes", jar_paths(), LOCAL_CONFS | keep)
    java = spark.sparkContext._gateway.proc
    with tempfile.TemporaryDirectory() as folder:
        work(spark, Path(folder, "table"))
    spark.stop()
    # Java ends when its standard input does.
    java.stdin.close()
    java.wait()
    if fresh.exists():
        fresh.replace(archive)


def work(spark: SparkSession, table: Path) -> None:
    """Create a Delta table, change it by a MERGE, and read it and its changes with everything that queries here use."""
    rows = [(n, f"name {n % 3}", "2026-01-01") for n in range(9)]
    frame = spark.createDataFrame(rows, "id bigint, name string, day string")
    made = frame.selectExpr("id", "upper(name) AS name", "to_date(day) AS day", "CAST(id AS decimal(9, 2)) AS amount")
    made.write.format("delta").option("delta.enableChangeDataFeed", "true").save(str(table))
    made.where("id > 4").withColumn("name", made["name"].substr(1, 2)).createOrReplaceTempView("changed")
    spark.sql(
        f"MERGE INTO delta.`{table}` t USING changed c ON t.id = c.id"
        " WHEN MATCHED AND t.name <> c.name THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql(
        f"SELECT name, sum(amount), max(rank) FROM (SELECT t.*, row_number() OVER (PARTITION BY t.name ORDER BY t.day)"
        f" AS rank FROM delta.`{table}` t LEFT JOIN changed c ON t.id = c.id) GROUP BY name ORDER BY name"
    ).collect()
    spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 0).load(str(table)).collect()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
