"""Spark's settings on a laptop: small tables, two cores, no waste at the start."""

from scripts.setup.jars import jar_paths

# Every Spark job on small tables costs its tasks, not its rows, so there are few of them.
LOCAL_CONFS = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    # The quick compiler alone, which a run of a minute gains from. Java then reserves 48 MB for compiled code, and
    # Spark needs more: without room it first crawls and then dies.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.python.daemon.module": "scripts.local.python_workers",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    # Compiling a query costs more than running it interpreted while tables are this small (measured: 220 s against
    # 186 s for the whole demo on two busy cores).
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
}

__all__ = ["LOCAL_CONFS", "jar_paths"]
