"""Contracts of one small silver table, created in one line, for tests of single parts of refine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.contracts import Column, Disposition, Kind, Parent, Table
from shared.names import TableName


def column(name: str, type_: str = "string", parent: str = "", **facts: Any) -> Column:
    """A column; `parent` is the key it points to, as `layer.table.column`."""
    if parent:
        table, _, key = parent.rpartition(".")
        facts["parent"] = Parent(table=TableName.parse(table), column=key)
    return Column(name=name, type=type_, description=f"{name}.", **facts)


def things(*columns: Column, **facts: Any) -> Table:
    """The table `silver.things`; its first column is its key unless `facts` say otherwise."""
    usual: dict[str, Any] = {
        "name": TableName.parse("silver.things"),
        "kind": Kind.REFINED,
        "version": "1.0.0",
        "description": "Things.",
        "grain": "One row per thing.",
        "columns": columns,
        "primary_key": (columns[0].name,),
        "disposition": Disposition.MERGE,
        "file": Path("silver/things.odcs.yaml"),
    }
    return Table(**(usual | facts))
