"""What fakesnow 0.12 gets wrong of what the jobs ask of Snowflake."""

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
    """Have COPY INTO find temporary tables, let comments have quotes in them, and a MERGE stand in a transaction."""
    setattr(fakesnow.copy_into, DESCRIBE, describe_table)
    fakesnow.info_schema.insert_table_comment_sql = insert_table_comment_sql


def describe_table(
    table: exp.Table, duck: DuckDBPyConnection, database: str | None, schema: str | None
) -> list[tuple[str, str]]:
    """The columns of a table and their types: it is looked for in the session's schema, where no temporary one is."""
    known = "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?"
    [(temporary,)] = duck.execute(known, [table.name]).fetchall()
    if not temporary or table.db:
        return _describe(table, duck, database, schema)
    return [row[:2] for row in duck.execute(f'DESCRIBE "{table.name}"').fetchall()]


def insert_table_comment_sql(catalog: str, schema: str, table: str, comment: str | None) -> str:
    """The statement that notes a comment.

    Of the table that a MERGE makes aside there is none to note, and DuckDB writes to one database in a transaction.
    """
    return _comment(catalog, schema, table, comment.replace("'", "''")) if comment else "SELECT 1"
