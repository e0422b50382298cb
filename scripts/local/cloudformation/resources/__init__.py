"""The handlers, one file per service."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every handler, so that it registers itself."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
