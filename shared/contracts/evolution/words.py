"""Parts of a contract in the words that describe a change; if the words are the same, there is no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.duration import in_words
from shared.serving import ServedPath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.contracts.model import Table
    from shared.serving import Target
    from shared.snowflake import SnowflakeTable


def deletes(table: Table) -> str:
    """The predicate of deletes."""
    return table.apply_as_deletes or "none"


def versions(table: Table, renamed: dict[str, str]) -> str:
    """What decides where a version begins; how long events are kept does not."""
    if table.history is None:
        return "one row per key"
    untracked = ", ".join(renamed.get(name, name) for name in table.history.untracked) or "none"
    nulls = "as before" if table.history.ignore_null_updates else "a value"
    return f"versions (untracked: {untracked}; null is {nulls})"


def kept(table: Table) -> str:
    """How long rows are kept."""
    return str(table.retention) if table.retention else "for ever"


def kept_beside(old: Table, new: Table) -> Iterator[tuple[str, str]]:
    """How long deletes and events were and are kept, for a table that had them and still does."""
    if old.apply_as_deletes and new.apply_as_deletes:
        before, after = (in_words(table.tombstone_retention_seconds) for table in (old, new))
        yield f"deletes {before}", f"deletes {after}"
    if old.history and new.history:
        before, after = (in_words(history.event_retention_seconds) for history in (old.history, new.history))
        yield f"events {before}", f"events {after}"


def place(table: Table) -> str:
    """Where the rows of a landed table come from."""
    return f"{table.source.system} {table.source.location or table.source.object}" if table.source else ""


def where(target: Target, place: ServedPath | SnowflakeTable | None) -> str:
    """Where readers find the rows at a target; the names of key columns are not part of a row's path."""
    if place is None:
        return ""
    return f"{target.value} {place.prefix if isinstance(place, ServedPath) else f'{place} by {place.connection}'}"
