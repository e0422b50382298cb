"""How a flow ends: it commits its batch, or has none; either way it returns the outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobs.runtime.books import audit
from jobs.runtime.commit import commit
from jobs.runtime.quarantine import restore_released
from jobs.runtime.tables import ensure_table, spark_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.runtime.flow import Flow
    from shared.jobs import TableOutcome


def land(
    flow: Flow,
    write: Callable[[], object],
    *,
    inputs: dict[str, Any],
    books: dict[str, int],
    warnings: dict[str, int | float] | None = None,
    reason: str = "",
) -> TableOutcome:
    """Commit a flow's batch to its table, and return the outcome.

    Grain: one commit; before it a table that does not exist is created, unless the write replaces all of it.

    Args:
        flow: The table's flow.
        write: Makes exactly one Delta commit at the table's location, of a frame of the flow's session.
        inputs: How far each input is consumed once the batch is committed.
        books: The batch's books, balanced.
        warnings: The value measured by each failed rule of severity `warning`.
        reason: Why the batch was made as it was, where there was a choice.

    Raises:
        UnbalancedBooksError: the MERGE did something else than its books say.
        LostRaceError: another writer committed first, or the table was restored since the batch began.
    """
    table = flow.table
    if not flow.is_rebuilt:
        schema, closed = spark_schema(table), table.closed_columns
        ensure_table(flow.session, flow.location, schema, table.cluster_by, closed, needs_feed=flow.needs_feed)
    landed = commit(
        flow.session,
        replace(flow.batch, reason=reason),
        write,
        inputs=inputs,
        books=books,
        fingerprint=table.fingerprint,
        warnings=warnings,
    )
    if books.get("updated") or books.get("deleted"):
        audit(str(table.name), books, landed)
    return flow.succeeded(landed.version, books, warnings, reason)


def land_nothing(flow: Flow, reason: str = "") -> TableOutcome:
    """End a flow without a batch, and return the outcome, with the reason if there is more to say than no news.

    What a replay that died released from the quarantine is restored here, since no batch comes to do so.

    Raises:
        LostRaceError: another writer committed to the quarantine first.
    """
    restore_released(flow)
    return flow.unchanged(reason)
