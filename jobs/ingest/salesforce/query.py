"""The SOQL conditions on an object's cursor: for the records to ingest next, and for a span to reconcile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobs.ingest.cursor_range import CursorRange
from shared.moments import moment_of

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.ingest.source_figures import CursorSpan
    from shared.contracts import Source, Table
    from shared.jobs import Window


def soql_window(table: Table, source: Source, position: dict[str, Any] | None, window: Window | None = None) -> str:
    """The condition for the records from the position less the lag on, below the end; empty for all of them.

    SOQL's datetimes are whole seconds here: the start is rounded down, so that none is missed.

    Args:
        table: The contract.
        source: Its source, with cursor, lag, initial and end value.
        position: The last commit's position, None at first.
        window: A backfill's window, None in an ordinary run.

    Raises:
        ContractError: cursor, lag, initialValue or endValue cannot be compared in Salesforce.
        WindowError: the window's bounds are no timestamps.
    """
    if source.cursor is None:
        return ""
    wanted = CursorRange.of(source, position, window)
    try:
        start, ends = wanted.values(moment_of)
        first = [] if start is None else [f"{source.cursor} >= {_literal(start - wanted.lag)}"]
        return " AND ".join([*first, *(f"{source.cursor} < {_literal(end)}" for end in ends)])
    except (ValueError, OverflowError) as error:
        raise wanted.misfit(table, source.cursor, "timestamps such as 2000-01-01T00:00:00Z") from error


def soql_span(table: Table, span: CursorSpan) -> str:
    """The condition for the records of a span, empty for all of them.

    SOQL's datetimes are whole seconds, so an inclusive bound becomes an exclusive one a second later.
    """
    cursor = table.source.cursor if table.source else None
    moments = [(sign, moment_of(bound)) for sign, bound in span.bounds]
    next_ = timedelta(seconds=1)
    whole = {"<=": ("<", next_), ">": (">=", next_), "<": ("<", timedelta(0)), ">=": (">=", timedelta(0))}
    given = [(whole[sign][0], moment + whole[sign][1]) for sign, moment in moments]
    return span.word.join(f"{cursor} {sign} {_literal(moment)}" for sign, moment in given) if cursor else ""


def _literal(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
