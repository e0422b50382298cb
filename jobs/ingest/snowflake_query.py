"""The statement that asks Snowflake for one table's new rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from shared.errors import ContractError

if TYPE_CHECKING:
    from shared.contracts import Source, Table

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


@dataclass(frozen=True)
class SourceQuery:
    """A statement, the place it reads, and from where on, in words for people."""

    statement: str
    place: str
    since: str


def source_query(table: Table, source: Source, position: dict[str, Any] | None) -> SourceQuery:
    """Ask for exactly the contract's columns, from the position less the lag on.

    Rows without a cursor value stand before and after every position, so they are asked for each time.

    Raises:
        ContractError: the cursor's type or its initial value cannot be compared in Snowflake.
    """
    place = (source.database, source.schema, source.object)
    columns = ", ".join(quoted(name) for name in table.column_names)
    statement = f"SELECT {columns} FROM {'.'.join(quoted(part or '') for part in place)}"
    words = ".".join(part or "" for part in place)
    start = _start(table, source, position)
    if source.cursor is None or start is None:
        return SourceQuery(statement, words, "its beginning")
    cursor = quoted(source.cursor)
    return SourceQuery(
        f"{statement} WHERE {cursor} >= {start} OR {cursor} IS NULL", words, f"{source.cursor} >= {start}"
    )


def quoted(name: str) -> str:
    """An identifier as Snowflake stores it: a plain name in upper case, any other name to the letter."""
    stored = name.upper() if PLAIN_NAME.fullmatch(name) else name
    return '"' + stored.replace('"', '""') + '"'


def _start(table: Table, source: Source, position: dict[str, Any] | None) -> str | None:
    reached = (position or {}).get("cursor")
    given = source.initial_value if reached is None else str(reached)
    if source.cursor is None or given is None:
        return None
    lag = timedelta(seconds=source.lag_seconds if reached is not None else 0)
    type_ = next(c.type for c in table.columns if c.name == source.cursor)
    try:
        return _literal(type_, given, lag)
    except (ValueError, InvalidOperation) as error:
        raise ContractError(
            f"{table.file.name}:1: the cursor {source.cursor} of type {type_} cannot start there",
            given=f"{given!r} with a lag of {lag}",
            expected="a timestamp or date with any lag, a number or string without lag",
            mend="change cursor, lag or initialValue of the contract",
        ) from error


def _literal(type_: str, given: str, lag: timedelta) -> str:
    if type_ == "timestamp":
        moment = _utc(datetime.fromisoformat(given)) - lag
        return f"'{moment.isoformat(sep=' ', timespec='microseconds')}'::TIMESTAMP_NTZ"
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
