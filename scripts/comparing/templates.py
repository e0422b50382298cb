"""Reads the templates of a cloud assembly, by names that stay the same when their content changes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from shared.errors import TerminalError

if TYPE_CHECKING:
    from pathlib import Path

    Resources = dict[str, dict[str, Any]]

# The CDK names a nested stack's file by its path and a hash of it.
FILE = re.compile(r"(?P<stack>\w+?)([0-9A-F]{8})?(\.nested)?\.template\.json")


def resources_of(assembly: Path) -> dict[str, Resources]:
    """The resources of every template, by stack, including those of the account's stage.

    Raises:
        TerminalError: the folder is not an assembly, or two of its templates have the same name.
    """
    if not (assembly / "manifest.json").is_file():
        raise TerminalError(
            f"{assembly} is no cloud assembly",
            given=str(assembly),
            expected="a folder as ./lake synth leaves it",
            mend="./lake synth --env ENV --output DIR",
        )
    files = sorted(assembly.glob("**/*.template.json"))
    found = {_name(assembly, file): json.loads(file.read_text()).get("Resources", {}) for file in files}
    if len(found) < len(files):
        raise TerminalError(f"two templates of {assembly} have one name", given=", ".join(map(str, files)))
    return found


def _name(assembly: Path, file: Path) -> str:
    match = FILE.fullmatch(file.name)
    parts = file.parent.relative_to(assembly).parts
    return "/".join([*parts, match["stack"] if match else file.name])
