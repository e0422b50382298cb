"""Spark settings that both the submission on AWS and the session of a job are built with."""

# No Hive and no Glue behind the session: a job knows tables by their location, from the contracts.
DELTA_CONFS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
}

# Where the image of EMR has Delta. Source: Amazon EMR release guide, "Using a cluster with Delta Lake".
DELTA_JARS = ("/usr/share/aws/delta/lib/delta-spark.jar", "/usr/share/aws/delta/lib/delta-storage.jar")
