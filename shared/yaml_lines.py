"""Reads YAML with the line of every value, so that an error can name it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from shared.text_files import read_text_file

if TYPE_CHECKING:
    import pathlib

    from shared.errors import TerminalError

Path = tuple[str | int, ...]
Lines = dict[Path, int]

# The parser in C is ten times as quick; a platform may lack it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml_file(path: pathlib.Path, name: str, refused: type[TerminalError]) -> tuple[Any, Lines]:
    """Read a file of one YAML document, and the line, from 1, of every path in it.

    Args:
        path: The file.
        name: How errors name the file; the line follows.
        refused: The error to raise.

    Raises:
        TerminalError: the file is not UTF-8 or not YAML, or a key is written twice.
    """
    try:
        return read_yaml(read_text_file(path, name, refused))
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error)
        line = mark.line + 1 if mark else 1
        raise refused(f"{name}:{line}: not YAML: {problem}", expected="YAML 1.1") from error


def read_yaml(text: str) -> tuple[Any, Lines]:
    """Read one YAML document, and the line, from 1, of every path in it (keys and list positions).

    Raises:
        yaml.MarkedYAMLError: it is not YAML, a key is written twice, or it is nested without end.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {(): 1}
        _note_lines(node, (), lines)
        return (None if node is None else loader.construct_document(node)), lines
    except RecursionError:
        raise yaml.MarkedYAMLError(problem="it is nested without end, as by an alias within its own anchor") from None
    finally:
        loader.dispose()


def nearest_line(lines: Lines, path: Path) -> int:
    """The line of a path, or of the closest ancestor that is written in the file."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _note_lines(node: yaml.Node | None, path: Path, lines: Lines) -> None:
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
