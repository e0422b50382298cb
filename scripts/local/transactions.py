"""Transactions of DynamoDB: before one, only the items it names are copied, to be put back if it fails.

What moto 5.2.5 does otherwise: it copies the whole table for each action, so that a hundred writes into a table of
20,000 rows take two minutes.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType

from scripts.local.patching import once

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.dynamodb.models.table import Table


def install() -> None:
    """Let moto keep no more of a table than a transaction may change; a second call changes nothing."""
    once(DynamoDBBackend, "transact_write_items", _keeping_what_it_names)


def _keeping_what_it_names(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        actions = [action for item in transact_items for action in item.values()]
        tables = {name: backend.tables[name] for a in actions if (name := a.get("TableName")) in backend.tables}
        for name, table in tables.items():
            kept = _kept(table, [a.get("Key") or a.get("Item", {}) for a in actions if a.get("TableName") == name])
            # `copy.deepcopy` asks the object itself first.
            table.__dict__["__deepcopy__"] = lambda _memo, kept=kept: kept
        try:
            original(backend, transact_items)
        finally:
            for table in tables.values():
                table.__dict__.pop("__deepcopy__", None)

    return transact_write_items


def _kept(table: Table, keys: list[dict[str, Any]]) -> Table:
    kept = copy.copy(table)
    kept.items = table.items.copy()
    for key in keys:
        if table.hash_key_attr in key and (value := DynamoType(key[table.hash_key_attr])) in table.items:
            kept.items[value] = copy.deepcopy(table.items[value])
    return kept
