"""Schemas for those who send to the lake or read from it: Avro and JSON Schema, made from the contracts."""
