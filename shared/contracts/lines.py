"""Reads YAML with the line of every value, so that an error can name it."""

from __future__ import annotations

from typing import Any

import yaml

Path = tuple[str | int, ...]

# The parser in C is ten times as quick; a platform may lack it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> tuple[Any, dict[Path, int]]:
    """Read one YAML document, and the line, from 1, of every path in it (keys and list positions).

    Raises:
        yaml.MarkedYAMLError: it is not YAML, or a key is written twice.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Path, int] = {(): 1}
        _note_lines(node, (), lines)
        return (None if node is None else loader.construct_document(node)), lines
    finally:
        loader.dispose()


def nearest_line(lines: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the closest ancestor that is written in the file."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _note_lines(node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            if here in lines:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value} is written twice", problem_mark=key.start_mark)
            lines[here] = key.start_mark.line + 1
            _note_lines(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            lines[*path, i] = item.start_mark.line + 1
            _note_lines(item, (*path, i), lines)
