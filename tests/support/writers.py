"""The functions through which the engine writes, and a way to put others in their place wherever they are imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jobs.runtime import commit, files, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import pytest

# Everything the engine leaves behind goes through these; another function that writes belongs here too.
WRITERS = (commit.commit, tables.ensure_table, files.write_text)
# These commit as well: within `commit`, or where a table is brought to the shape of its contract.
ALTERING = (tables.replace_all, tables.relax)


def patch_everywhere(patch: pytest.MonkeyPatch, replacements: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
    """Replace functions in every module of the engine that has them."""
    for name, module in list(sys.modules.items()):
        if name.startswith("jobs."):
            for key, value in list(vars(module).items()):
                if callable(value) and value in replacements:
                    patch.setattr(module, key, replacements[value])
