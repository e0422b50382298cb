"""The process that plays Snowflake; it runs in the environment that this folder's lock file defines."""
