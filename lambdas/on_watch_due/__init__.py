"""Event: it is time for the freshness check. Counts the tables that are older than their contracts promise."""
