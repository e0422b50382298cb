"""Spark settings that both the submission on AWS and the session of a job are built with."""

# No Hive and no Glue behind the session: a job knows tables by their location, from the contracts.
DELTA_CONFS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalogImplementation": "in-memory",
}
