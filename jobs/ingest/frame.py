"""The columns of what a reader gives: the contract's, then those that say how each row was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.ingest.reading import RAW, REASONS, RESCUED, SOURCE_POSITION

if TYPE_CHECKING:
    from shared.contracts import Table

READING_COLUMNS = {SOURCE_POSITION: "string", RESCUED: "string", RAW: "string", REASONS: "array<string>"}


def reading_schema(table: Table) -> str:
    """The schema of `Reading.rows` for a table, as Spark DDL."""
    columns = {c.name: c.type for c in table.columns} | READING_COLUMNS
    return ", ".join(f"`{name}` {type_}" for name, type_ in columns.items())
