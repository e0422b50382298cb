"""The schema of `Reading.rows`: the contract's columns, then those that say how each row was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.ingest.reading import RAW, REASONS
from shared.landed_columns import RESCUED, SOURCE_POSITION

if TYPE_CHECKING:
    from shared.contracts import Table

READING_COLUMNS = {SOURCE_POSITION: "string", RESCUED: "string", RAW: "string", REASONS: "array<string>"}


def reading_schema(table: Table) -> str:
    """The schema of `Reading.rows` for a table, as Spark DDL."""
    columns = {c.name: c.type for c in table.columns} | READING_COLUMNS
    return ", ".join(f"`{name}` {type_}" for name, type_ in columns.items())


def business_columns(schema: pa.Schema) -> list[str]:
    """The contract's columns in the Arrow form of that schema."""
    return [name for name in schema.names if name not in READING_COLUMNS]


def no_reasons(count: int) -> pa.Array:
    """The column `_reasons` of `count` good rows, made without Python lists, which would cost far more."""
    return pa.ListArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count + 1), pa.array([], pa.string()))
