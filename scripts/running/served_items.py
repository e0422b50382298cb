"""The items that the API of a lake in a folder reads; a file there keeps them while no account is open."""

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
    """Replace the content of the local account's table by a lake's items, and return how many they are.

    They bypass the table's API, which would take seconds.
    """
    file = root / ITEMS_FILE
    # Not splitlines(), which would also split a text at U+2028.
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    table = _table()
    table.items.clear()
    for line in lines:
        table.put_item(json.loads(line))
    return len(lines)


def save_served(root: Path) -> None:
    """Write the account's items to the lake's file, in one step: a concurrent reader always finds it complete."""
    lines = (json.dumps(item.to_json()["Attributes"], ensure_ascii=False) for item in _table().all_items())
    made = root / f"{ITEMS_FILE}.new"
    made.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    made.replace(root / ITEMS_FILE)


def _table() -> Table:
    return dynamodb_backends[ACCOUNT][REGION].tables[served_table(ENVIRONMENT)]
