"""Salesforce -> bronze: the reader of objects, through the Bulk API 2.0."""
