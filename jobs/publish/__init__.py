"""Publishes tables outside of the lake: rows for the API, and tables in Snowflake."""
