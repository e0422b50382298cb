"""Publishes one table to the API, by writing the items that it reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.publish.items import Publication
from jobs.publish.rows import served, shape_of
from jobs.publish.turn import BOOKS
from shared.errors import TerminalError
from shared.serving import ROW_LIMIT_BYTES, served_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

    from jobs.publish.turn import Published
    from shared.contracts import Table
    from shared.jobs import Job
    from shared.serving import ServedPath

# Warnings about rows that are not published: their path cannot be requested, or they are too big for DynamoDB.
NO_PATH, TOO_BIG = "key_in_no_path", "row_too_big"


@contextmanager
def api_turn(job: Job, table: Table) -> Iterator[ApiTurn]:
    """Open a table's turn at the API: its publication by this job run.

    Raises:
        TerminalError: the contract names no path at which the table is served.
    """
    if table.served_at is None:
        raise TerminalError(f"{table.name} is not served", mend="name a server of type api in its contract")
    yield ApiTurn(Publication(served_table(job.env), str(table.name)), table, table.served_at)


class ApiTurn:
    """A table's publication to the API, in many transactions, so that for a while some rows are newer than others.

    A turn that died has left a mark, and the next one sends every row. The epoch of `Publication` keeps an old row from
    replacing a new one.
    """

    def __init__(self, items: Publication, table: Table, path: ServedPath) -> None:
        self._items, self._table, self._path = items, table, path
        self.last = items.last
        self.shape = shape_of(table, str(path))
        self.why_whole = "the publication before did not come to its end" if items.is_broken else ""
        self.books = dict.fromkeys(BOOKS, 0)
        self.warnings: dict[str, int] = {}

    def begin(self) -> None:
        """Set the mark that the turn is unfinished."""
        self._items.begin()

    def send(self, rows: DataFrame, version: int) -> None:
        """Write the rows that changed, and delete those that are gone."""
        self._items.write(self._counted(rows), version)

    def replace(self, rows: DataFrame, version: int) -> None:
        """Write every row, and delete all that were not written."""
        self.books = dict.fromkeys(BOOKS, 0)
        self.warnings = {}
        self.send(rows, version)
        if self._items.last or self._items.is_broken:
            self.books["deleted"] = self._items.sweep()

    def end(self, published: Published) -> None:
        """Record how far the table is published, and remove the mark."""
        self._items.end(published)

    def _counted(self, rows: DataFrame) -> Iterator[tuple[str, str | None]]:
        """Yield path and JSON of the rows that can be published, and count them; the others are counted as warnings.

        If a row has become too big, its earlier version is deleted; if every row is sent, the sweep does that.
        """
        for path, row, was_there in served(rows, self._table, self._path):
            if path is None:
                self._warn(NO_PATH)
                continue
            if row is not None and len(row.encode()) > ROW_LIMIT_BYTES:
                self._warn(TOO_BIG)
                if was_there:
                    self.books["deleted"] += 1
                    yield path, None
                continue
            account = "deleted" if row is None else "updated" if was_there else "inserted"
            self.books[account] += 1
            self.books["read"] += row is not None
            yield path, row

    def _warn(self, reason: str) -> None:
        self.warnings[reason] = self.warnings.get(reason, 0) + 1
