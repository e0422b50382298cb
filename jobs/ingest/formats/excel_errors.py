"""Finds the cells of a workbook with an error value, such as #N/A, which the reader of values gives as empty."""

from __future__ import annotations

import zipfile
from posixpath import join, normpath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Any namespace: there are two of each, since the strict form of the format has its own.
SHEET, RELATION = "{*}sheets/{*}sheet", "{*}Relationship"
ID = "}id"
CONTENTS, BINARY = "[Content_Types].xml", "xl/workbook.bin"
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def error_cells(path: Path) -> dict[int, tuple[str, ...]]:
    """The cells of the first sheet with an error value, in words, by row number from 1.

    For .xlsx alone; in any other file none are found.

    Raises:
        ValueError: it has no first sheet that could be looked at.

    Source: ECMA-376 part 1, 18.3.1.4 and 18.18.11 (`t="e"` of a cell).
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if CONTENTS not in names or BINARY in names:
            return {}
        with archive.open(_first_sheet(archive, names)) as parts:
            return _errors(ET.iterparse(parts))  # noqa: S314 - as below


def _first_sheet(archive: zipfile.ZipFile, names: set[str]) -> str:
    sheet = _parsed(archive, WORKBOOK).find(SHEET) if {WORKBOOK, RELATIONS} <= names else None
    if sheet is None:
        raise ValueError("no sheet is named in xl/workbook.xml")
    targets = {
        relation.get("Id"): relation.get("Target", "") for relation in _parsed(archive, RELATIONS).iterfind(RELATION)
    }
    id_ = next((value for name, value in sheet.attrib.items() if name.endswith(ID)), None)
    found = normpath(join("/xl", targets.get(id_) or "?")).lstrip("/")
    if found not in names:
        raise ValueError(f"the first sheet, {sheet.get('name')}, is not where xl/workbook.xml says")
    return found


def _parsed(archive: zipfile.ZipFile, name: str) -> ET.Element:
    # External entities are not fetched, and expat from 2.4.1 on stops entity expansion attacks.
    return ET.fromstring(archive.read(name))  # noqa: S314 - as said


def _errors(parts: Iterator[tuple[str, ET.Element]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for number, row in enumerate((part for _, part in parts if part.tag.rpartition("}")[2] == "row"), 1):
        errors = tuple(
            f"{cell.get('r', 'a cell')} is {cell.findtext('{*}v', 'an error')}, and no value"
            for cell in row.iterfind("{*}c[@t='e']")
        )
        if errors:
            found[int(row.get("r", number))] = errors
        row.clear()
    return found
