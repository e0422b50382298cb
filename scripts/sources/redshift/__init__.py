"""The stand-in for Redshift: a PostgreSQL behind a server that implements the Data API and UNLOAD."""
