"""The rows that rules refused: counted over all tables, or listed for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.looking.lake import by_layer
from scripts.looking.relations import Relations

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from shared.contracts import Catalog
    from shared.names import TableName

SCHEMA = "quarantine"


def overview(lake: Lake, catalog: Catalog, rule: str | None = None) -> list[dict[str, Any]]:
    """Per table and rule, how many rows were refused, and first and last when; a row counts for each rule it failed."""
    relations = Relations()
    found = []
    for name in sorted((table.name for table in catalog.tables.values()), key=by_layer):
        rows = _per_rule(relations, lake, name)
        found += [{"table": str(name), **row} for row in rows if rule in (None, row["rule"])]
    return found


def refused(lake: Lake, name: TableName, rule: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """The refused rows of one table, newest batch first: all, or at most `limit`."""
    relations = Relations()
    view = _view(relations, lake, name)
    if view is None:
        return []
    return relations.rows(
        f'SELECT ? AS "table", batch, run_id, quarantined_at, rules, source_position, row_key, "row", contract '
        f"FROM {view} WHERE ? IS NULL OR list_contains(rules, ?) "
        f'ORDER BY batch DESC, source_position, row_key, "row" LIMIT ?',
        [str(name), rule, rule, limit],
    )


def _per_rule(relations: Relations, lake: Lake, name: TableName) -> list[dict[str, Any]]:
    view = _view(relations, lake, name)
    if view is None:
        return []
    return relations.rows(
        f'SELECT rule, count(*) AS "rows", min_by(run_id, quarantined_at) AS first_run, '
        f"min(quarantined_at) AS first_at, max_by(run_id, quarantined_at) AS last_run, max(quarantined_at) AS last_at "
        f'FROM (SELECT unnest(rules) AS rule, * FROM {view}) GROUP BY rule ORDER BY "rows" DESC, rule'
    )


def _view(relations: Relations, lake: Lake, name: TableName) -> str | None:
    table = lake.quarantine(name)
    return relations.open(SCHEMA, str(name), table, lake.masked_in_quarantine(name)) if table else None
