"""The SOQL that asks Salesforce for one object's new records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.errors import ContractError

if TYPE_CHECKING:
    from shared.contracts import Source, Table


def window(table: Table, source: Source, position: dict[str, Any] | None) -> str:
    """The condition for the records from the position less the lag on, below the end; empty for all of them.

    SOQL's datetimes are whole seconds here: the start is rounded down, so that none is missed.

    Raises:
        ContractError: cursor, lag, initialValue or endValue cannot be compared in Salesforce.
    """
    if source.cursor is None:
        return ""
    reached = (position or {}).get("cursor")
    start = source.initial_value if reached is None else str(reached)
    lag = timedelta(seconds=source.lag_seconds if reached is not None else 0)
    try:
        bounds = [
            *([f"{source.cursor} >= {_literal(_moment(start) - lag)}"] if start else []),
            *([f"{source.cursor} < {_literal(_moment(source.end_value))}"] if source.end_value else []),
        ]
    except (ValueError, OverflowError) as error:
        raise ContractError(
            f"{table.file.name}:1: the cursor {source.cursor} cannot start or end there",
            given=f"{start!r} to {source.end_value!r} with a lag of {lag}",
            expected="timestamps such as 2000-01-01T00:00:00Z",
            mend="change lag, initialValue or endValue of the contract",
        ) from error
    return " AND ".join(bounds)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _literal(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
