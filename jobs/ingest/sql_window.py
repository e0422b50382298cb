"""The condition that asks a database for one window of a table's cursor: position less lag up to the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from shared.errors import ContractError

if TYPE_CHECKING:
    from shared.contracts import Source, Table

BEGINNING = "its beginning"


@dataclass(frozen=True)
class SqlWindow:
    """A WHERE clause, empty when all rows are asked for, and from where on it asks, in words for people."""

    where: str
    since: str


def sql_window(
    table: Table, source: Source, position: dict[str, Any] | None, *, cursor: str, timestamp: str
) -> SqlWindow:
    """The rows from the position less the lag on, and below the end value if the contract has one.

    Rows without a cursor value stand before and after every position, so they are asked for each time.

    Args:
        table: The contract.
        source: Its source, with cursor, lag, initial and end value.
        position: What the last commit said.
        cursor: The cursor as an identifier of the database.
        timestamp: The database's type of timestamps without a zone.

    Raises:
        ContractError: the cursor's type, its initial or its end value cannot be compared.
    """
    bounds = _bounds(table, source, position, timestamp)
    if not bounds:
        return SqlWindow("", BEGINNING)
    condition = " AND ".join(f"{cursor} {bound}" for bound in bounds)
    since = " and ".join(f"{source.cursor} {bound}" for bound in bounds)
    return SqlWindow(f" WHERE {condition} OR {cursor} IS NULL", since)


def _bounds(table: Table, source: Source, position: dict[str, Any] | None, timestamp: str) -> list[str]:
    if source.cursor is None:
        return []
    reached = (position or {}).get("cursor")
    start = source.initial_value if reached is None else str(reached)
    lag = timedelta(seconds=source.lag_seconds if reached is not None else 0)
    type_ = next(c.type for c in table.columns if c.name == source.cursor)
    try:
        return [
            *([f">= {_literal(type_, start, lag, timestamp)}"] if start is not None else []),
            *([f"< {_literal(type_, source.end_value, timedelta(0), timestamp)}"] if source.end_value else []),
        ]
    except (ValueError, InvalidOperation) as error:
        raise ContractError(
            f"{table.file.name}:1: the cursor {source.cursor} of type {type_} cannot start or end there",
            given=f"{start!r} to {source.end_value!r} with a lag of {lag}",
            expected="a timestamp or date with any lag, a number or string without lag",
            mend="change cursor, lag, initialValue or endValue of the contract",
        ) from error


def _literal(type_: str, given: str, lag: timedelta, timestamp: str) -> str:
    if type_ == "timestamp":
        moment = _utc(datetime.fromisoformat(given)) - lag
        return f"'{moment.isoformat(sep=' ', timespec='microseconds')}'::{timestamp}"
    if type_ == "date":
        days = -(-lag // timedelta(days=1))
        return f"'{(date.fromisoformat(given) - timedelta(days=days)).isoformat()}'::DATE"
    if lag:
        raise ValueError(type_)
    if type_ == "string":
        return "'" + given.replace("\\", "\\\\").replace("'", "''") + "'"
    number = Decimal(given)
    if not number.is_finite():
        raise ValueError(given)
    return f"{number:f}"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
