"""Reads the text of files that people write: contracts, their queries, environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from shared.errors import TerminalError


def read_text_file(path: Path, name: str, refused: type[TerminalError]) -> str:
    """The text of a file, without the mark that editors of Windows put before it.

    Args:
        path: The file.
        name: How errors name the file; the line follows.
        refused: The error to raise.

    Raises:
        TerminalError: it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        given = f"the byte {error.object[error.start]:#04x}"
        raise refused(f"{name}:{line}: not UTF-8", given=given, expected="UTF-8") from error
