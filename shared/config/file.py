"""Reads an environment's file, and refuses what is wrong in it with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.errors import TerminalError
from shared.model_errors import expected_value, known_keys, meant_key, told_error
from shared.yaml_lines import nearest_line, read_yaml_file

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

    from shared.yaml_lines import Lines

MANUAL = "docs/settings.md lists every key"
# Before the text of an error of our own, pydantic puts this.
_OURS = "Value error, "


def read_settings(path: Path) -> tuple[dict[str, Any], Lines]:
    """Read the settings that a file has, and the line of each.

    Raises:
        TerminalError: the file is not UTF-8 or not YAML, has a key twice, or is no list of keys.
    """
    content, lines = read_yaml_file(path, path.name, TerminalError)
    if not isinstance(content or {}, dict):
        raise TerminalError(
            f"{path.name}:1: no settings", given=repr(content)[:200], expected="keys with values", mend=MANUAL
        )
    return content or {}, lines


def refusal(file: str, model: type[BaseModel], error: ValidationError, lines: Lines) -> TerminalError:
    """The error that says which key or value of a file its model refuses, and what to write there."""
    first = told_error(error)
    at = first["loc"]
    # pydantic ends the path of a mapping's key with this word.
    place = ".".join(str(part) for part in at if part != "[key]") or "the settings together"
    where = f"{file}:{nearest_line(lines, at)}: {place}"
    match first["type"]:
        case "extra_forbidden":
            known, given = known_keys(model, at), str(at[-1])
            near = meant_key(given, known)
            mend = f"write {near}" if near else f"remove it; {MANUAL}"
            return TerminalError(f"{where}: unknown key", given=given, expected=f"one of {', '.join(known)}", mend=mend)
        case "missing":
            return TerminalError(f"{where}: missing", expected=f"a value for {at[-1]}", mend=MANUAL)
        case "value_error":
            # What several settings together break has no one value, and its text names theirs.
            given = "" if isinstance(first["input"], dict) else repr(first["input"])[:200]
            return TerminalError(f"{where}: {first['msg'].removeprefix(_OURS)}", given=given, mend=MANUAL)
        case _:
            given = repr(first["input"])[:200]
            return TerminalError(f"{where}: bad value", given=given, expected=expected_value(first), mend=MANUAL)
