"""Redshift -> bronze: the reader of its tables, by UNLOAD through the Data API."""
