"""The statement that unloads one table's new rows from Redshift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.ingest.sql_window import sql_window
from shared.sql_text import sql_text

if TYPE_CHECKING:
    from jobs.ingest.redshift.connection import RedshiftConnection
    from shared.contracts import Source, Table
    from shared.jobs import Window


TIMESTAMP = "TIMESTAMP"


@dataclass(frozen=True)
class UnloadQuery:
    """The SELECT to unload, the table it reads, and the start it reads from, in words for people."""

    select: str
    place: str
    since: str

    def unload(self, prefix: str, connection: RedshiftConnection) -> str:
        """The UNLOAD of these rows to Parquet files under a prefix, with a manifest that counts them.

        It holds no credential: Redshift takes the role, whose ARN is no secret.
        """
        key = f" KMS_KEY_ID {sql_text(connection.kms_key)} ENCRYPTED" if connection.kms_key else ""
        return (
            f"UNLOAD ({sql_text(self.select)}) TO {sql_text(prefix + '/')} IAM_ROLE {sql_text(connection.unload_role)} "
            f"FORMAT PARQUET MANIFEST VERBOSE{key}"
        )


def unload_query(
    table: Table, source: Source, position: dict[str, Any] | None, window: Window | None = None
) -> UnloadQuery:
    """Select all columns, unknown ones too, from the position less the lag on and below the end, or in a window.

    Raises:
        ContractError: the cursor's type, its initial or its end value cannot be compared in Redshift.
        WindowError: the window does not fit the cursor's type.
    """
    cursor = quoted(source.cursor or "")
    window_clause = sql_window(table, source, position, window, cursor=cursor, timestamp=TIMESTAMP)
    select = f"SELECT * FROM {quoted_place(source)}{window_clause.where}"
    return UnloadQuery(select, source.place, window_clause.since)


def quoted_place(source: Source) -> str:
    """The table of a source, in its schema."""
    return f"{quoted(source.schema or '')}.{quoted(source.object)}"


def quoted(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'
