"""Avro and JSON Schemas, made from the contracts, for programs that send to the lake or read from it."""
