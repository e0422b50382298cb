"""What is known of a table without reading a row: from its contract, its Delta log and its quarantine's log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scripts.looking.lake import by_layer
from scripts.looking.position import flow_position, written_at
from shared.contracts import Kind, RowRule
from shared.contracts.refresh import derive_refresh_rule

if TYPE_CHECKING:
    from datetime import datetime

    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from shared.contracts import Catalog, Column, Table, TableRule

# Opening a table on S3 is mostly waiting.
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class TableStatus:
    """The state of a table in the lake; everything from `version` on is None while the table does not exist.

    Attributes:
        table: The table's name.
        layer: Its layer.
        kind: Its kind.
        version: Its newest version.
        rows: Its rows; None, too, if a file has no statistics.
        files: Its files.
        bytes: Their total size.
        written_at: When its last commit was made.
        last_run: The run of its last batch.
        sequence: The number of its last batch.
        quarantined: The rows in its quarantine; 0 if it has none.
    """

    table: str
    layer: str
    kind: str
    version: int | None = None
    rows: int | None = None
    files: int | None = None
    bytes: int | None = None
    written_at: datetime | None = None
    last_run: str | None = None
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
    here = TableStatus(
        table=str(name),
        layer=str(name.layer),
        kind=str(table.kind),
        quarantined=_rows(refused) if refused else 0,
    )
    found = lake.table(name)
    if found is None:
        return here
    sizes = _statistics(found, "size_bytes")
    position = flow_position(found, str(name))
    return replace(
        here,
        version=found.version(),
        rows=_rows(found),
        files=len(sizes),
        bytes=sum(sizes),
        written_at=written_at(found),
        last_run=position.run if position else None,
        sequence=position.sequence if position else None,
    )


def description(table: Table, catalog: Catalog) -> dict[str, Any]:
    """What the contract says of a table, for display and JSON; of a built table also how it follows its inputs."""
    return {
        "description": table.description,
        "grain": table.grain,
        "write_disposition": str(table.disposition),
        "primary_key": list(table.primary_key),
        "sequence_by": list(table.sequence_by),
        "source": f"{table.source.system} {table.source.object}" if table.source else None,
        "inputs": [str(name) for name in table.inputs],
        "kept": str(derive_refresh_rule(table, catalog.tables)) if table.kind is Kind.BUILT else None,
        "retention": _retention(table, catalog),
        "columns": [_column(table, column) for column in table.all_columns],
        "rules": [_rule(rule) for rule in _rules(table)],
    }


def _retention(table: Table, catalog: Catalog) -> str | None:
    """After how long rows are deleted; for a landed table, of older snapshots, or together with which tables' rows."""
    if table.source and not table.retention:
        followed = [f"{r.retention} of {r.name}" for r in catalog.expiring_readers(table.name)]
        return " and ".join(followed) or None
    return str(table.retention) if table.retention else None


def _rows(table: DeltaTable) -> int | None:
    """The rows of a table, if all its files have statistics."""
    counts = _statistics(table, "num_records")
    return None if None in counts else sum(counts)


def _statistics(table: DeltaTable, name: str) -> list[Any]:
    """One statistic of each file, from the log."""
    return list(table.get_add_actions().column(name).to_pylist())


def _rules(table: Table) -> list[RowRule | TableRule]:
    return [*table.row_rules, *table.table_rules]


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
    expectation = f"{rule.query} {'must not be' if rule.negated else 'must be'} {_bounds(rule)}"
    return {"rule": rule.name, "on": "table", "severity": str(rule.severity), "expectation": expectation}


def _bounds(rule: TableRule) -> str:
    """The bounds that a rule's number must keep to."""
    if rule.at_least is not None and rule.at_least == rule.at_most:
        return f"{rule.at_least:g}"
    given = ((">", rule.at_least), ("<", rule.at_most))
    return " and ".join(_bound(sign, value) for sign, value in given if value is not None)


def _bound(sign: str, value: float) -> str:
    # The contract's `greater than 0` is stored as `at least the next number after 0`.
    written = round(value, 9)
    return f"{sign}{'=' if written == value else ''} {written:g}"
