"""The first sheet of a workbook as records: its first row is the header, every cell a text."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook

from jobs.ingest.delimited import Record
from shared.errors import SourceContentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def excel_records(path: Path, name: str) -> Iterator[Record]:
    """The rows of the first sheet; rows without a value pass.

    A number that is whole is written without a fraction, a date as 2026-01-31, a time as 2026-01-31 12:00:00, and a
    truth as true or false. The sheet is held whole, as the format asks for.

    Args:
        path: The workbook, .xlsx, .xls or .ods.
        name: Its name for people.

    Raises:
        SourceContentError: it is no workbook, or has no sheet.
    """
    try:
        with CalamineWorkbook.from_path(path) as book:
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if book.sheet_names else None
    except (CalamineError, OSError, ValueError) as error:
        raise _refused(name, str(error)) from None
    if rows is None:
        raise _refused(name, "no sheet")
    for line, row in enumerate(rows, 1):
        cells = [_text(value) for value in row]
        if any(cells):
            yield Record(line, json.dumps(cells, ensure_ascii=False), cells)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return str(value) if value.time() else str(value.date())
    return str(value)


def _refused(name: str, given: str) -> SourceContentError:
    return SourceContentError(
        f"{name}: the file is no workbook that can be read",
        given=given,
        expected=".xlsx, .xls or .ods with a sheet",
        mend="have the file sent again",
    )
