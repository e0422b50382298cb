"""Repairs what fakesnow 0.12 gets wrong and the jobs need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fakesnow.copy_into
import fakesnow.info_schema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

DESCRIBE = "_describe_table"
_describe = getattr(fakesnow.copy_into, DESCRIBE)
_comment = fakesnow.info_schema.insert_table_comment_sql


def repair() -> None:
    """Make COPY INTO find temporary tables, allow quotes in comments, and allow a MERGE in a transaction."""
    setattr(fakesnow.copy_into, DESCRIBE, describe_table)
    fakesnow.info_schema.insert_table_comment_sql = insert_table_comment_sql


def describe_table(
    table: exp.Table, duck: DuckDBPyConnection, database: str | None, schema: str | None
) -> list[tuple[str, str]]:
    """The columns of a table and their types; fakesnow looks only in the session's schema, without temporary tables."""
    known = "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?"
    [(temporary,)] = duck.execute(known, [table.name]).fetchall()
    if not temporary or table.db:
        return _describe(table, duck, database, schema)
    return [row[:2] for row in duck.execute(f'DESCRIBE "{table.name}"').fetchall()]


def insert_table_comment_sql(catalog: str, schema: str, table: str, comment: str | None) -> str:
    """The statement that stores a table's comment; one without effect if there is no comment.

    The table that a MERGE creates internally has none, and DuckDB can write to only one database in a transaction.
    """
    return _comment(catalog, schema, table, comment.replace("'", "''")) if comment else "SELECT 1"
