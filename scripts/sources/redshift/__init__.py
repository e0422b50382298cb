"""The stand-in for Redshift: a PostgreSQL, behind a server that speaks the Data API and carries UNLOAD out."""
