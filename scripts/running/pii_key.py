"""The key of personal data of a lake in a folder: created once, and kept with the lake, so that hashes stay equal."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE = "secrets/pii-key.json"
OWNER_ONLY = 0o600
BYTES = 32


def pii_key(root: Path) -> str:
    """The secret's text, from the lake's own file, which only its owner may read; created if it does not exist."""
    path = root / KEY_FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:
        return path.read_text(encoding="utf-8")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps({"current": "k1", "k1": secrets.token_hex(BYTES)}))
    return path.read_text(encoding="utf-8")
