"""Publishes one table to Snowflake: loads rows into a temporary table, and takes them over in one transaction."""

from __future__ import annotations

import io
import json
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from jobs.publish import statements as say
from jobs.publish.parts import parts
from jobs.publish.rows import shape_of
from jobs.publish.turn import BOOKS, Published
from jobs.publish.warehouse import warehouse
from shared.errors import LostRaceError, TargetRefusedError, TerminalError
from shared.snowflake import snowflake_type, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame

    from jobs.publish.warehouse import Warehouse
    from shared.contracts import Table
    from shared.jobs import Job
    from shared.snowflake import SnowflakeTable


class _Described(NamedTuple):
    """A column as Snowflake has it."""

    type: str
    is_nullable: bool


@contextmanager
def snowflake_turn(job: Job, table: Table) -> Iterator[SnowflakeTurn]:
    """Open a table's turn at Snowflake: its publication by this job run.

    Raises:
        TargetUnavailableError: Snowflake did not answer.
        TargetRefusedError: it refused, or has a table of that name with other columns.
        TerminalError: the contract names no table there, or the connection has no secret.
    """
    place = table.published_to
    if place is None:
        raise TerminalError(f"{table.name} is not published", mend="name a server of type snowflake in its contract")
    with warehouse(job, place, f"{table.name} to {place} in Snowflake, by {place.connection}") as session:
        yield SnowflakeTurn(session, place, table.versions)


class SnowflakeTurn:
    """A table's publication to Snowflake: readers see the earlier rows until its end, and then all new ones.

    The transaction that replaces rows also advances the table's progress row from the turn that was found at the
    beginning. If another publisher has advanced it meanwhile, nothing is written. So Snowflake always has one version
    of the lake table, the one that the progress row names, and never goes back to an older one.
    """

    def __init__(self, session: Warehouse, place: SnowflakeTable, table: Table) -> None:
        self._session, self._place, self._table = session, place, table
        self._staged = f"LAKEWRIGHT_{uuid.uuid4().hex}"
        self._change: list[str] = []
        self.books = dict.fromkeys(BOOKS, 0)
        self.warnings: dict[str, int] = {}
        self.shape = shape_of(table, str(place))
        # The progress is read first, then the columns: if the table is dropped in between, it is found missing, and
        # every row is sent.
        self._turn, self.last = self._progress()
        self._columns = self._described()
        self.why_whole = "" if self._columns else f"{place} is not there any more"

    def begin(self) -> None:
        """Create what is missing: the table, its new columns, its progress row, and the table to load rows into.

        Columns that are not in the key, or no longer, may be null from then on.

        Raises:
            TargetRefusedError: the table has columns that the contract does not have, or of other types.
        """
        self._refuse_others()
        made = self._altered() if self._columns else [say.make_table(self._place, self._table)]
        known = [] if self._turn else [say.make_progress(self._place), say.progress_row(self._place)]
        staged = say.make_staged(self._staged, self._table)
        for statement in (*made, *known, staged):
            self._session.write(statement)

    def send(self, rows: DataFrame, version: int) -> None:
        """Load the rows that changed."""
        del version
        self._load(rows)
        self._change = [say.merge(self._place, self._staged, self._table)]

    def replace(self, rows: DataFrame, version: int) -> None:
        """Load every row.

        None of the table's rows is kept: there may be several with one key, if it had another before, or by hand.
        """
        del version
        self._load(rows)
        [(lost,)] = self._session.query(say.count_lost(self._place, self._staged, self._table.primary_key))
        self.books["deleted"] = int(lost)
        self._change = [say.delete_all(self._place), say.insert(self._place, self._staged, self._table)]

    def end(self, published: Published) -> None:
        """Replace the rows and record how far the table is published, in one transaction.

        Raises:
            LostRaceError: another publisher did so since this turn began.
        """
        onward = say.advance(self._place, self._turn, self._table, published)
        with self._session.transaction():
            for statement in self._change:
                self._session.write(statement)
            if self._session.write(onward) != 1:
                raise LostRaceError(
                    f"another job run publishes {self._session.error_context}",
                    given=f"turn {self._turn}, which is no longer the last",
                    mend="let it end; if it failed, start the run again",
                )

    def _progress(self) -> tuple[int, Published | None]:
        """The number of the last turn, 0 if there was none, and what it published."""
        found = self._session.query_or_none(say.read_progress(self._place)) or [(0, None)]
        if len(found) > 1:
            raise TargetRefusedError(
                f"{self._session.error_context}: its published version is recorded twice",
                given=f"{len(found)} rows of {say.PROGRESS} for {stored(self._place.table)}",
                mend="delete them all; the next run sends every row",
            )
        [(turn, state)] = found
        return int(turn), Published(**json.loads(state)) if state else None

    def _described(self) -> dict[str, _Described]:
        """The columns that the table has in Snowflake, by their names; none if there is no such table."""
        rows = self._session.query_or_none(f"DESCRIBE TABLE {self._place.identifier}") or []
        return {str(name): _Described(str(type_), nullable == "Y") for name, type_, _, nullable, *_ in rows}

    def _altered(self) -> list[str]:
        """The statements that add the table's new columns, and let those be null that are not in the key."""
        altered = []
        for column in self._table.columns:
            found = self._columns.get(stored(column.name))
            if not found:
                altered.append(say.add_column(self._place, column))
            elif not found.is_nullable and column.name not in self._table.primary_key:
                altered.append(say.allow_null(self._place, column))
        return altered

    def _refuse_others(self) -> None:
        """Refuse a table with columns that the contract does not have, or of other types: only people drop columns."""
        known = {stored(c.name): snowflake_type(c.type) or "" for c in self._table.columns}
        types = {name: found.type for name, found in self._columns.items()}
        others = [f"{n} {t}" for n, t in types.items() if n not in known or _kind(t) != _kind(known[n])]
        if others:
            raise TargetRefusedError(
                f"{self._session.error_context}: the table has columns that the contract has not, or of other types",
                given=", ".join(others),
                expected=", ".join(f"{n} {t}" for n, t in known.items()),
                mend="drop or rename the table, or the columns that are gone; the next run sends every row",
            )

    def _load(self, rows: DataFrame) -> None:
        number = 0
        for number, part in enumerate(parts(rows), 1):
            self._session.write(say.put(self._staged, number), io.BytesIO(part))
        if number:
            self._session.write(say.load(self._staged))
        [(present, known, gone)] = self._session.query(say.count_staged(self._staged))
        counts = {"read": present, "inserted": present - known, "updated": known, "deleted": gone}
        self.books = {account: int(count) for account, count in counts.items()}


def _kind(type_: str) -> str:
    """The part of a type that has to match: a number's with its digits, a text's without its length."""
    return type_ if type_.startswith("NUMBER") else type_.partition("(")[0]
