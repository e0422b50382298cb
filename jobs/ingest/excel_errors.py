"""Finds the cells of a workbook with an error value, such as #N/A, which the reader of values gives as empty."""

from __future__ import annotations

import zipfile
from posixpath import join, normpath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def error_cells(path: Path) -> dict[int, tuple[str, ...]]:
    """The cells of the first sheet with an error value, in words, by row number from 1.

    For .xlsx alone; in any other file none are found.

    Source: ECMA-376 part 1, 18.3.1.4 and 18.18.11 (`t="e"` of a cell).
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        sheet = _first_sheet(archive)
        if sheet is None:
            return {}
        with archive.open(sheet) as parts:
            return _errors(ET.iterparse(parts))  # noqa: S314 - as below


def _first_sheet(archive: zipfile.ZipFile) -> str | None:
    if "xl/workbook.xml" not in archive.namelist():
        return None
    sheet = _parsed(archive, "xl/workbook.xml").find(f"{MAIN}sheets/{MAIN}sheet")
    if sheet is None:
        return None
    relations = _parsed(archive, "xl/_rels/workbook.xml.rels").iter(f"{PACKAGE}Relationship")
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    found = normpath(join("/xl", targets.get(sheet.get(f"{OFFICE}id")) or "?")).lstrip("/")
    return found if found in archive.namelist() else None


def _parsed(archive: zipfile.ZipFile, name: str) -> ET.Element:
    # External entities are not fetched, and expat from 2.4.1 on stops entity expansion attacks.
    return ET.fromstring(archive.read(name))  # noqa: S314 - as said


def _errors(parts: Iterator[tuple[str, ET.Element]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for number, row in enumerate((part for _, part in parts if part.tag == f"{MAIN}row"), 1):
        errors = tuple(
            f"{cell.get('r', 'a cell')} is {cell.findtext(f'{MAIN}v', 'an error')}, and no value"
            for cell in row.iterfind(f"{MAIN}c[@t='e']")
        )
        if errors:
            found[int(row.get("r", number))] = errors
        row.clear()
    return found
