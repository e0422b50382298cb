"""The items that the API reads, of a lake in a folder: kept in a file there while no account is open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.dynamodb.models import dynamodb_backends

from scripts.local.clients import ACCOUNT, REGION
from scripts.running.item_tables import ENVIRONMENT
from shared.serving import served_table

if TYPE_CHECKING:
    from pathlib import Path

    from moto.dynamodb.models.table import Table

ITEMS_FILE = "served.jsonl"


def load_served(root: Path) -> int:
    """Put a lake's items into the local account's table, in place of what is there; how many they are.

    They go past the table's API, which would take seconds.
    """
    file = root / ITEMS_FILE
    # Not splitlines(), which also cuts within a text that holds U+2028.
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    table = _table()
    table.items.clear()
    for line in lines:
        table.put_item(json.loads(line))
    return len(lines)


def save_served(root: Path) -> None:
    """Keep the account's items with the lake, in one step: whoever reads the file meanwhile finds it whole."""
    lines = (json.dumps(item.to_json()["Attributes"], ensure_ascii=False) for item in _table().all_items())
    made = root / f"{ITEMS_FILE}.new"
    made.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    made.replace(root / ITEMS_FILE)


def _table() -> Table:
    return dynamodb_backends[ACCOUNT][REGION].tables[served_table(ENVIRONMENT)]
