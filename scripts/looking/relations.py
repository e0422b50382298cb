"""Delta tables as views in one in-memory DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import duckdb
from arro3.core import Table as ArrowTable

from scripts.looking.files import S3
from shared.personal_data import MASKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deltalake import DeltaTable


class Relations:
    """A DuckDB over tables of a lake; all its times are UTC.

    In a folder DuckDB reads the Parquet files itself, which starts in a tenth of a second. Without an extension it
    cannot read from S3, so there delta-rs reads the files, through Arrow.
    """

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self._files: list[str] = []
        self._opened = 0

    def open(self, schema: str, name: str, table: DeltaTable, masked: Sequence[str] = ()) -> str:
        """Create the view `schema.name` over a Delta table, with its columns, and return the view's quoted name.

        For `masked` columns the view shows only whether there is a value.
        """
        self._opened += 1
        shown = [field.name for field in table.schema().fields]
        view = f"{quoted(schema)}.{quoted(name)}"
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        select = self._select(table, f"_table_{self._opened}")
        self.connection.execute(f"CREATE VIEW {view} AS SELECT {_columns(shown, masked)} FROM ({select})")
        return view

    def lock(self) -> None:
        """From now on, allow only reading the files of the opened tables."""
        self.connection.execute(f"SET allowed_paths = {_list(self._files)}")
        for setting in ("enable_external_access", "python_enable_replacements"):
            self.connection.execute(f"SET {setting} = false")
        self.connection.execute("SET lock_configuration = true")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query, each as a dictionary."""
        cursor = self.connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _select(self, table: DeltaTable, name: str) -> str:
        if table.table_uri.startswith(S3):
            self.connection.register(name, table.to_pyarrow_dataset())
            return f"SELECT * FROM {name}"
        # The empty relation supplies columns and types, also for older files that lack a column.
        self.connection.register(name, ArrowTable.from_batches([], schema=table.schema().to_arrow()))
        # delta-rs escapes the table's folder but not the paths below it.
        folder = table.table_uri.removeprefix("file://")
        files = [unquote(folder) + file.removeprefix(folder) for file in table.file_uris()]
        self._files += files
        if not files:
            return f"SELECT * FROM {name}"
        return f"FROM {name} UNION ALL BY NAME FROM read_parquet({_list(files)}, union_by_name = true)"


def _columns(names: Sequence[str], masked: Sequence[str]) -> str:
    """The columns to select, by name: files may have others too, such as the one of Delta's change feed."""
    masks = {name: f"CASE WHEN {quoted(name)} IS NOT NULL THEN '{MASKED}' END AS {quoted(name)}" for name in masked}
    return ", ".join(masks.get(name, quoted(name)) for name in names)


def quoted(name: str) -> str:
    """A name quoted for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
