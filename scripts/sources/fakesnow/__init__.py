"""The process that plays Snowflake; it runs in the environment this folder locks, not in the project's."""
