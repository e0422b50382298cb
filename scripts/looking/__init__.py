"""Looks at a lake without Spark: Delta logs by delta-rs, rows by DuckDB. Nothing here writes."""
