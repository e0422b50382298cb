"""State machine files read as data: their states, their ways, their tokens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from scripts.setup import paths

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = paths.ROOT / "step_functions"
TOKEN = re.compile(r"\$\{(\w+)\}")


def files() -> list[Path]:
    """Every state machine of the repository."""
    return sorted(FOLDER.glob("*.asl.json"))


def definition(file: Path, tokens: dict[str, str] | None = None) -> dict[str, Any]:
    """A definition, as the file has it or with its tokens replaced as CloudFormation does."""
    text = file.read_text()
    for name, value in (tokens or {}).items():
        text = text.replace("${" + name + "}", value)
    return dict(json.loads(text))


def ways(state: dict[str, Any]) -> set[str]:
    """The states a state may go to."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    catches = [catch["Next"] for catch in state.get("Catch", [])]
    return {*choices, *catches, *(state[key] for key in ("Next", "Default") if key in state)}
