"""Gold to those outside of the lake: the rows that the API serves, and the tables that Snowflake is given."""
