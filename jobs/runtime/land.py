"""How a flow ends: its batch lands in its table, or there is none; and the outcome says so."""

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
    """Commit what a flow's batch makes of its table.

    Grain: one commit; before it a table that is not there is created, unless the write makes it anew.

    Args:
        flow: The table's flow.
        write: Makes exactly one Delta commit at the table's place, of a frame of the flow's session.
        inputs: How far each input is consumed once this lands.
        books: What became of the rows read, balanced.
        warnings: What rules of severity `warning` found.
        reason: How the batch comes about where there is a choice.

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


def land_nothing(flow: Flow) -> TableOutcome:
    """End a flow without a batch. None will come to restore what a dead replay released, so it is restored here.

    Raises:
        LostRaceError: another writer committed to the quarantine first.
    """
    restore_released(flow)
    return flow.unchanged()
