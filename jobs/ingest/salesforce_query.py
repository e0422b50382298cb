"""The SOQL that asks Salesforce for one object's new records."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jobs.ingest.cursor_range import CursorRange
from shared.moments import moment_of

if TYPE_CHECKING:
    from datetime import datetime

    from jobs.ingest.asking import Span
    from shared.contracts import Source, Table
    from shared.jobs import Window


def soql_window(table: Table, source: Source, position: dict[str, Any] | None, window: Window | None = None) -> str:
    """The condition for the records from the position less the lag on, below the end; empty for all of them.

    SOQL's datetimes are whole seconds here: the start is rounded down, so that none is missed.

    Args:
        table: The contract.
        source: Its source, with cursor, lag, initial and end value.
        position: What the last commit said.
        window: What a backfill asks for, None in an ordinary run.

    Raises:
        ContractError: cursor, lag, initialValue or endValue cannot be compared in Salesforce.
        WindowError: the window is none of timestamps.
    """
    if source.cursor is None:
        return ""
    asked = CursorRange.of(source, position, window)
    try:
        start, ends = asked.values(moment_of)
        first = [] if start is None else [f"{source.cursor} >= {_literal(start - asked.lag)}"]
        return " AND ".join([*first, *(f"{source.cursor} < {_literal(end)}" for end in ends)])
    except (ValueError, OverflowError) as error:
        raise asked.misfit(table, source.cursor, "timestamps such as 2000-01-01T00:00:00Z") from error


def soql_span(table: Table, span: Span) -> str:
    """The condition for the records of a span, empty for all of them.

    A bound that is in the span is one of whole seconds, so that the one after it ends it.
    """
    cursor = table.source.cursor if table.source else None
    moments = [(sign, moment_of(bound)) for sign, bound in span.bounds]
    next_ = timedelta(seconds=1)
    whole = {"<=": ("<", next_), ">": (">=", next_), "<": ("<", timedelta(0)), ">=": (">=", timedelta(0))}
    given = [(whole[sign][0], moment + whole[sign][1]) for sign, moment in moments]
    return span.word.join(f"{cursor} {sign} {_literal(moment)}" for sign, moment in given) if cursor else ""


def _literal(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
