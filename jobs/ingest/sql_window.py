"""The SQL conditions on a table's cursor: for the rows to ingest next, and for a span to reconcile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.ingest.cursor_range import CursorRange
from shared.contracts.cursor import cursor_value
from shared.sql_text import sql_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from jobs.ingest.source_figures import CursorSpan
    from shared.contracts import Source, Table
    from shared.jobs import Window

BEGINNING = "its beginning"


@dataclass(frozen=True)
class SqlWindow:
    """A WHERE clause, empty for all rows, and the start it selects from, in words for people."""

    where: str
    since: str


def sql_window(
    table: Table,
    source: Source,
    position: dict[str, Any] | None,
    window: Window | None,
    *,
    cursor: str,
    timestamp: str,
) -> SqlWindow:
    """The WHERE clause from the position less the lag on, below the contract's end value; or for a backfill's window.

    Rows without a cursor value have no place among the positions, so every run reads them. They are in no window of a
    backfill.

    Args:
        table: The contract.
        source: Its source, with cursor, lag, initial and end value.
        position: The last commit's position, None at first.
        window: A backfill's window, None in an ordinary run.
        cursor: The cursor as an identifier of the database.
        timestamp: The database's type of timestamps without a zone.

    Raises:
        ContractError: the cursor's type, its initial or its end value cannot be compared.
        WindowError: the window does not fit the cursor's type.
    """
    bounds = _bounds(table, source, CursorRange.of(source, position, window), timestamp) if source.cursor else []
    if not bounds:
        return SqlWindow("", BEGINNING)
    condition = " AND ".join(f"{cursor} {bound}" for bound in bounds)
    since = " and ".join(f"{source.cursor} {bound}" for bound in bounds)
    return SqlWindow(f" WHERE {condition}" + ("" if window else f" OR {cursor} IS NULL"), since)


def span_condition(table: Table, span: CursorSpan, *, quoted: Callable[[str], str], timestamp: str) -> str:
    """The condition for the rows of a span; empty for all of them.

    Args:
        table: The contract.
        span: Its bounds come from the table's own positions.
        quoted: How the database writes a name.
        timestamp: The database's type of timestamps without a zone.
    """
    cursor = table.source.cursor if table.source else None
    if cursor is None:
        return ""
    type_ = next(c.type for c in table.columns if c.name == cursor)
    given = [(sign, _literal(cursor_value(type_, bound), timestamp)) for sign, bound in span.bounds]
    return span.word.join(f"{quoted(cursor)} {sign} {value}" for sign, value in given)


def _bounds(table: Table, source: Source, wanted: CursorRange, timestamp: str) -> list[str]:
    type_ = next(c.type for c in table.columns if c.name == source.cursor)
    try:
        start, ends = wanted.values(lambda text: cursor_value(type_, text))
        first = [] if start is None else [f">= {_literal(_less(start, wanted.lag), timestamp)}"]
        return [*first, *(f"< {_literal(end, timestamp)}" for end in ends)]
    except ValueError as error:
        expected = "a timestamp or date with any lag, a number or string without lag"
        raise wanted.misfit(table, f"{source.cursor} of type {type_}", expected) from error


def _less(value: datetime | date | Decimal | str, lag: timedelta) -> datetime | date | Decimal | str:
    try:
        if isinstance(value, datetime):
            return value - lag
        if isinstance(value, date):
            return value - timedelta(days=-(-lag // timedelta(days=1)))
    except OverflowError:
        # Nothing lies before the first of all days.
        return datetime.min if isinstance(value, datetime) else date.min  # noqa: DTZ901 - cursors have no zone
    if lag:
        raise ValueError(value)
    return value


def _literal(value: datetime | date | Decimal | str, timestamp: str) -> str:
    if isinstance(value, datetime):
        return f"'{value.isoformat(sep=' ', timespec='microseconds')}'::{timestamp}"
    if isinstance(value, date):
        return f"'{value.isoformat()}'::DATE"
    if isinstance(value, str):
        return sql_text(value)
    return f"{value:f}"
