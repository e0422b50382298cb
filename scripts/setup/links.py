"""Links a fixed path in the cache to a place on this machine."""

import os
from pathlib import Path


def link(path: Path, target: Path) -> None:
    """Make `path` a link to `target` in one atomic step, replacing an earlier link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
