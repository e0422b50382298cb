"""Points a fixed path of the cache at a place on this machine."""

import os
from pathlib import Path


def link(path: Path, target: Path) -> None:
    """Make `path` a link to `target`, in one step, whatever it was linked to before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
