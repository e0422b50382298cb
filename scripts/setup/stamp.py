"""Records which steps of the setup are done, and from which locks, so that none is done twice."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.setup import paths


def digest(inputs: Sequence[Path]) -> str:
    """Return one digest over files and the checkout's path, which the environments depend on."""
    total = hashlib.sha256(str(paths.ROOT).encode())
    for file in inputs:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def read_stamp() -> dict[str, str]:
    """Return the digest of each step that is done; empty if there are none, or if the stamp cannot be read."""
    try:
        stamp = json.loads(paths.STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(done: Mapping[str, str]) -> None:
    """Replace the stamp in one atomic step, so that an interruption leaves the old one or the new one."""
    paths.STAMP.parent.mkdir(parents=True, exist_ok=True)
    fresh = paths.STAMP.with_name(f"{paths.STAMP.name}.{os.getpid()}")
    fresh.write_text(json.dumps(dict(done), indent=2) + "\n", encoding="utf-8")
    fresh.replace(paths.STAMP)
