"""Snowflake -> bronze: the reader of its tables, and the connection that publishing shares."""
