"""The SQL by which a table is published to Snowflake: plain statements that people can read in its query history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jobs.publish.rows import BEFORE, GONE
from shared.snowflake import quoted, snowflake_type, stored
from shared.sql_text import sql_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.publish.turn import Published
    from shared.contracts import Column, Table
    from shared.snowflake import SnowflakeTable

# A table in each schema: which version of which lake table its tables are. `TURN` grows by one with each publication.
PROGRESS = "LAKEWRIGHT_PUBLICATIONS"
PROGRESS_COLUMNS = (
    '"TABLE_NAME" VARCHAR NOT NULL, "TURN" NUMBER(19,0) NOT NULL, "LAKE_TABLE" VARCHAR, "VERSION" NUMBER(19,0), '
    '"RUN_ID" VARCHAR, "PUBLISHED_AT" TIMESTAMP_TZ(6), "STATE" VARCHAR'
)
PROGRESS_COMMENT = "Which version of which lake table each published table is. Written by Lakewright with the rows."
FORMAT = "FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE)"


def make_table(place: SnowflakeTable, table: Table) -> str:
    """Create the table with the contract's columns. Only the key is NOT NULL there; rules check the other columns."""
    columns = ", ".join(
        f"{_column(c)}{' NOT NULL' if c.name in table.primary_key else ''} COMMENT {sql_text(c.description)}"
        for c in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {place.identifier} ({columns}) COMMENT = {sql_text(table.description)}"


def add_column(place: SnowflakeTable, column: Column) -> str:
    """Add a column, which is null until the rows are written."""
    return f"ALTER TABLE {place.identifier} ADD COLUMN {_column(column)} COMMENT {sql_text(column.description)}"


def allow_null(place: SnowflakeTable, column: Column) -> str:
    """Let a column be null."""
    return f"ALTER TABLE {place.identifier} ALTER COLUMN {quoted(column.name)} DROP NOT NULL"


def make_progress(place: SnowflakeTable) -> str:
    """Create the schema's progress table."""
    progress = place.beside(PROGRESS)
    return f"CREATE TABLE IF NOT EXISTS {progress} ({PROGRESS_COLUMNS}) COMMENT = {sql_text(PROGRESS_COMMENT)}"


def progress_row(place: SnowflakeTable) -> str:
    """Insert the table's progress row, as of nothing published, if it has none."""
    source = f'SELECT {sql_text(stored(place.table))} AS "TABLE_NAME"'
    return (
        f'MERGE INTO {place.beside(PROGRESS)} AS t USING ({source}) AS s ON t."TABLE_NAME" = s."TABLE_NAME" '
        'WHEN NOT MATCHED THEN INSERT ("TABLE_NAME", "TURN") VALUES (s."TABLE_NAME", 0)'
    )


def read_progress(place: SnowflakeTable) -> str:
    """Read how far the table is published."""
    return f'SELECT "TURN", "STATE" FROM {place.beside(PROGRESS)} WHERE "TABLE_NAME" = {sql_text(stored(place.table))}'


def advance(place: SnowflakeTable, turn: int, table: Table, published: Published) -> str:
    """Record how far the table is published, if no other publisher did since `turn`; updates one row, or none."""
    state = json.dumps(vars(published), sort_keys=True)
    return (
        f'UPDATE {place.beside(PROGRESS)} SET "TURN" = {turn + 1}, "LAKE_TABLE" = {sql_text(str(table.name))}, '
        f'"VERSION" = {published.version}, "RUN_ID" = {sql_text(published.run)}, '
        f'"PUBLISHED_AT" = CURRENT_TIMESTAMP(), "STATE" = {sql_text(state)} '
        f'WHERE "TABLE_NAME" = {sql_text(stored(place.table))} AND "TURN" = {turn}'
    )


def make_staged(staged: str, table: Table) -> str:
    """Create the table that rows are loaded into; it is dropped with the session."""
    flags = ", ".join(f"{quoted(flag)} BOOLEAN" for flag in (GONE, BEFORE))
    return f"CREATE TEMPORARY TABLE {quoted(staged)} ({', '.join(map(_column, table.columns))}, {flags})"


def put(staged: str, number: int) -> str:
    """Put a file into the table's own stage."""
    return f"PUT file://part-{number:06}.parquet {_stage(staged)} AUTO_COMPRESS = FALSE OVERWRITE = TRUE"


def load(staged: str) -> str:
    """Load all files in the stage, and delete them there."""
    how = "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT PURGE = TRUE"
    return f"COPY INTO {quoted(staged)} FROM {_stage(staged)} {FORMAT} {how}"


def count_staged(staged: str) -> str:
    """Count the loaded rows: those that exist, those of them that existed before, and those that are gone."""
    gone, before = quoted(GONE), quoted(BEFORE)
    came = f"COUNT_IF(NOT {gone}), COUNT_IF(NOT {gone} AND {before}), COUNT_IF({gone})"
    return f"SELECT {came} FROM {quoted(staged)}"


def count_lost(place: SnowflakeTable, staged: str, key: Iterable[str]) -> str:
    """Count the table's rows that no loaded row stands for: of several with a loaded key, all but one."""
    known = f"EXISTS (SELECT 1 FROM {place.identifier} AS t WHERE {_same(key)})"
    return (
        f'SELECT t."ROWS" - s."ROWS" FROM (SELECT COUNT(*) AS "ROWS" FROM {place.identifier}) AS t '
        f'CROSS JOIN (SELECT COUNT(*) AS "ROWS" FROM {quoted(staged)} AS s WHERE {known}) AS s'
    )


def delete_all(place: SnowflakeTable) -> str:
    """Delete every row; not TRUNCATE, which would commit by itself."""
    return f"DELETE FROM {place.identifier}"


def insert(place: SnowflakeTable, staged: str, table: Table) -> str:
    """Insert the loaded rows."""
    names = ", ".join(map(quoted, table.column_names))
    return f"INSERT INTO {place.identifier} ({names}) SELECT {names} FROM {quoted(staged)}"


def merge(place: SnowflakeTable, staged: str, table: Table) -> str:
    """Replace the table's rows by the loaded ones with their keys, insert new ones, and delete those that are gone."""
    gone, names = f"s.{quoted(GONE)}", [quoted(name) for name in table.column_names]
    changes = ", ".join(f"{name} = s.{name}" for name in names)
    return (
        f"MERGE INTO {place.identifier} AS t USING {quoted(staged)} AS s ON {_same(table.primary_key)} "
        f"WHEN MATCHED AND {gone} THEN DELETE "
        f"WHEN MATCHED THEN UPDATE SET {changes} "
        f"WHEN NOT MATCHED AND NOT {gone} THEN "
        f"INSERT ({', '.join(names)}) VALUES ({', '.join(f's.{name}' for name in names)})"
    )


def _stage(staged: str) -> str:
    """The stage that belongs to the table itself: its owner needs no further right for it."""
    return f"@%{stored(staged)}"


def _same(key: Iterable[str]) -> str:
    return " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in key)


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {snowflake_type(column.type)}"
