"""Kafka -> bronze: the reader of topics, their schemas and their registries."""
