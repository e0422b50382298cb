"""The statement that selects one table's new rows in Snowflake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.ingest.sql_window import sql_window
from shared.names import source_secret
from shared.snowflake import quoted

if TYPE_CHECKING:
    from shared.contracts import Source, Table
    from shared.jobs import Window

TIMESTAMP = "TIMESTAMP_NTZ"


@dataclass(frozen=True)
class SourceQuery:
    """A statement, the table it reads, and the start it reads from, in words for people."""

    statement: str
    place: str
    since: str


@dataclass(frozen=True)
class Statement:
    """A statement, and all that is needed to run it.

    `secret` is the name of the source's secret; `database` and `schema` are those of the session. `place` is the table,
    for `_source_position`, and `error_context` is system, place and position; errors begin with it.
    """

    secret: str
    database: str
    schema: str
    text: str
    place: str
    error_context: str

    @classmethod
    def of(cls, source: Source, env: str, text: str, error_context: str) -> Statement:
        """A statement about a source, in its own database and schema."""
        return cls(
            secret=source_secret(env, source.system),
            database=source.database or "",
            schema=source.schema or "",
            text=text,
            place=source.place,
            error_context=error_context,
        )


def source_query(
    table: Table, source: Source, position: dict[str, Any] | None, window: Window | None = None
) -> SourceQuery:
    """Select exactly the contract's columns, from the position less the lag on and below the end, or in a window.

    Raises:
        ContractError: the cursor's type, its initial or its end value cannot be compared in Snowflake.
        WindowError: the window does not fit the cursor's type.
    """
    columns = ", ".join(quoted(name) for name in table.column_names)
    statement = f"SELECT {columns} FROM {quoted_place(source)}"
    cursor = quoted(source.cursor or "")
    window_clause = sql_window(table, source, position, window, cursor=cursor, timestamp=TIMESTAMP)
    return SourceQuery(statement + window_clause.where, source.place, window_clause.since)


def quoted_place(source: Source) -> str:
    """The table of a source, as Snowflake stores its name."""
    return ".".join(quoted(part or "") for part in (source.database, source.schema, source.object))
