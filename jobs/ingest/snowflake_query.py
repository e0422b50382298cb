"""The statement that asks Snowflake for one table's new rows."""

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
    """A statement, the place it reads, and from where on, in words for people."""

    statement: str
    place: str
    since: str


@dataclass(frozen=True)
class Statement:
    """A statement, and all that is needed to run it.

    `secret` is the name of the connection's secret, `database` and `schema` are those of the session; `place` is the
    table, for `_source_position`, and `asked` tells system, place and position in errors.
    """

    secret: str
    database: str
    schema: str
    text: str
    place: str
    asked: str

    @classmethod
    def of(cls, source: Source, env: str, text: str, asked: str) -> Statement:
        """A statement about a source, in its own database and schema."""
        return cls(
            secret=source_secret(env, source.system),
            database=source.database or "",
            schema=source.schema or "",
            text=text,
            place=source.place,
            asked=asked,
        )


def source_query(
    table: Table, source: Source, position: dict[str, Any] | None, window: Window | None = None
) -> SourceQuery:
    """Ask for exactly the contract's columns, from the position less the lag on and below the end, or in a window.

    Raises:
        ContractError: the cursor's type, its initial or its end value cannot be compared in Snowflake.
        WindowError: the window is none of the cursor's type.
    """
    columns = ", ".join(quoted(name) for name in table.column_names)
    statement = f"SELECT {columns} FROM {quoted_place(source)}"
    cursor = quoted(source.cursor or "")
    asked = sql_window(table, source, position, window, cursor=cursor, timestamp=TIMESTAMP)
    return SourceQuery(statement + asked.where, source.place, asked.since)


def quoted_place(source: Source) -> str:
    """The table of a source, as Snowflake stores its name."""
    return ".".join(quoted(part or "") for part in (source.database, source.schema, source.object))
