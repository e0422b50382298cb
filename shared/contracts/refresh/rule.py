"""Derives how a built table is kept equal to its query: refreshed by groups or, with a reason, rebuilt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.contracts.refresh.qualified import qualified, view_of
from shared.contracts.refresh.select import columns_read, row_facts
from shared.contracts.refresh.spans import CalendarSpan, spans
from shared.contracts.refresh.touched import touched
from shared.contracts.refresh.unproven import UnprovenError, refuse_unproven
from shared.contracts.sql import DIALECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.model import Query, Table


@dataclass(frozen=True, kw_only=True)
class RefreshRule:
    """How one built table is kept equal to its query.

    Attributes:
        by: The columns of its groups.
        touched: For each input, by full name, the SQL of the groups that its changed rows touch, over the views that
            `touched.py` names; empty if the table is rebuilt.
        spans: For inputs, by full name, which of their rows can be in touched groups at all.
        columns: For each input, by full name, the columns that the query reads: a row that changed only in others has
            not changed for this table.
        why: Why the table is rebuilt; empty if it is refreshed.
    """

    by: tuple[str, ...] = ()
    touched: Mapping[str, str] = field(default_factory=dict)
    spans: Mapping[str, tuple[CalendarSpan, ...]] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    why: str = ""

    @property
    def is_refreshed(self) -> bool:
        """Whether changes of inputs recompute only the groups they touch."""
        return not self.why

    def __str__(self) -> str:
        return f"rebuilt, because {self.why}" if self.why else f"refreshed by {', '.join(self.by)}"


def derive_refresh_rule(table: Table, tables: Mapping[str, Table]) -> RefreshRule:
    """Prove from its query how a built table can be kept equal to it.

    Args:
        table: A built table.
        tables: Every table by full name.
    """
    if table.query is None:
        return RefreshRule(why="it is made by Python")
    if table.history:
        return RefreshRule(why="it is a history, made of all events of a key")
    if not table.refresh_by:
        return RefreshRule(why="its contract has no refreshBy")
    try:
        return _proven(table.query, table.refresh_by, tables)
    except UnprovenError as unproven:
        return RefreshRule(by=table.refresh_by, why=str(unproven))


def computed_keys(table: Table, tables: Mapping[str, Table]) -> list[str]:
    """The columns of `refreshBy` that come not from single rows but from an aggregate, a rank or an unknown function.

    Such a column does not say to which group a changed row belongs. Empty if the table is rebuilt anyway.
    """
    try:
        facts = row_facts(qualified(table.query, tables)) if table.query and table.refresh_by else set(table.refresh_by)
    except UnprovenError:
        return []
    return [c for c in table.refresh_by if c not in facts]


def _proven(query: Query, by: tuple[str, ...], tables: Mapping[str, Table]) -> RefreshRule:
    tree = qualified(query, tables)
    refuse_unproven(tree)
    groups, bounds = touched(tree, by), spans(tree, by)
    return RefreshRule(
        by=by,
        touched={str(name): groups[view_of(name)].sql(dialect=DIALECT) for name in query.inputs},
        spans={str(name): bounds[view_of(name)] for name in query.inputs if view_of(name) in bounds},
        columns={str(name): frozenset(columns_read(tree, view_of(name))) for name in query.inputs},
    )
