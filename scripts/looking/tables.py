"""What can be said of a table without reading a row: from its contract, its Delta log and its quarantine's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.looking.lake import by_layer
from scripts.looking.position import flow_position, written_at
from shared.contracts import RowRule

if TYPE_CHECKING:
    from datetime import datetime

    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from shared.contracts import Catalog, Column, Table, TableRule

# Opening a table on S3 is waiting, not work.
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class TableStatus:
    """A table as it lies in the lake; everything but its name is None while it is not there.

    `rows` is None also when a file has no statistics. `run` and `sequence` are those of the last batch.
    """

    table: str
    layer: str
    kind: str
    version: int | None = None
    rows: int | None = None
    files: int | None = None
    bytes: int | None = None
    written_at: datetime | None = None
    run: str | None = None
    sequence: int | None = None
    quarantined: int | None = None


def all_statuses(lake: Lake, catalog: Catalog) -> list[TableStatus]:
    """The status of every table of the catalog, by layer and name."""
    tables = sorted(catalog.tables.values(), key=lambda table: by_layer(table.name))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda table: status(lake, table), tables))


def status(lake: Lake, table: Table) -> TableStatus:
    """The status of one table."""
    name = table.name
    refused = lake.quarantine(name)
    known = {
        "table": str(name),
        "layer": str(name.layer),
        "kind": str(table.kind),
        "quarantined": None if refused is None else _measure(refused)["rows"],
    }
    found = lake.table(name)
    if found is None:
        return TableStatus(**known)
    position = flow_position(found, str(name))
    return TableStatus(
        **known | {"quarantined": 0 if refused is None else known["quarantined"]},
        **_measure(found),
        version=found.version(),
        written_at=written_at(found),
        run=position.run if position else None,
        sequence=position.sequence if position else None,
    )


def description(table: Table) -> dict[str, Any]:
    """What the contract says of a table, for people and programs."""
    return {
        "description": table.description,
        "grain": table.grain,
        "write_disposition": str(table.disposition),
        "primary_key": list(table.primary_key),
        "sequence_by": list(table.sequence_by),
        "source": f"{table.source.system} {table.source.object}" if table.source else None,
        "inputs": [str(name) for name in table.inputs],
        "columns": [_column(table, column) for column in table.all_columns],
        "rules": [_rule(rule) for rule in (*table.row_rules, *table.table_rules)],
    }


def _measure(table: DeltaTable) -> dict[str, int | None]:
    """Rows, files and bytes, from the statistics in the log."""
    actions = table.get_add_actions()
    counts = [n.as_py() for n in actions.column("num_records")]
    return {
        "rows": None if None in counts else sum(counts),
        "files": len(counts),
        "bytes": sum(n.as_py() for n in actions.column("size_bytes")),
    }


def _column(table: Table, column: Column) -> dict[str, Any]:
    key = table.primary_key
    return {
        "column": column.name,
        "type": column.type,
        "required": column.required,
        "key": key.index(column.name) + 1 if column.name in key else None,
        "classification": column.classification,
        "parent": f"{column.parent.table}.{column.parent.column}" if column.parent else None,
        "logic": column.logic,
        "description": column.description,
    }


def _rule(rule: RowRule | TableRule) -> dict[str, Any]:
    if isinstance(rule, RowRule):
        return {"rule": rule.name, "on": "row", "severity": str(rule.severity), "expectation": f"not ({rule.bad})"}
    low = "" if rule.at_least is None else f"{rule.at_least:g} <= "
    high = "" if rule.at_most is None else f" <= {rule.at_most:g}"
    told = f"{low}({rule.query}){high}"
    expectation = f"not {told}" if rule.negated else told
    return {"rule": rule.name, "on": "table", "severity": str(rule.severity), "expectation": expectation}
