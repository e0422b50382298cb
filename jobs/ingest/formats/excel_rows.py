"""The first sheet of a workbook as records: its first row is the header, every cell a text."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile, is_zipfile

from python_calamine import CalamineError, CalamineWorkbook

from jobs.ingest.formats.delimited import NO_QUOTED_EMPTIES, Record
from jobs.ingest.formats.excel_errors import error_cells
from shared.errors import SourceContentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of all its parts, unpacked: some million rows of ten columns, which take several times that in memory.
LARGEST = 2**30


def excel_records(path: Path, name: str) -> Iterator[Record]:
    """The rows of the first sheet; empty rows are skipped.

    A whole number is written without a fraction, a date as 2026-01-31, a timestamp as 2026-01-31 12:00:00, and a
    boolean as true or false. A row with an error value, such as #N/A, is malformed. The whole sheet is held in memory,
    as the format requires.

    Args:
        path: The workbook, .xlsx, .xls or .ods.
        name: Its name in errors.

    Raises:
        SourceContentError: the file is no workbook, has no sheet, or is larger than LARGEST once unpacked.
    """
    _refuse_beyond_bound(path, name)
    try:
        with CalamineWorkbook.from_path(path) as book:
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False) if book.sheet_names else None
        errors = error_cells(path)
    except (CalamineError, OSError, ValueError, BadZipFile, ParseError) as error:
        raise _refused(name, str(error)) from None
    if rows is None:
        raise _refused(name, "no sheet")
    for line, row in enumerate(rows, 1):
        cells = [_text(value) for value in row]
        if any(cells) or line in errors:
            text = json.dumps(cells, ensure_ascii=False)
            yield Record(line, text, cells, NO_QUOTED_EMPTIES, errors.get(line, ()))


def _refuse_beyond_bound(path: Path, name: str) -> None:
    """Stop before anything is unpacked: what says that it holds little may be made to fill any memory."""
    if not is_zipfile(path):
        return
    try:
        with ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except BadZipFile as error:
        raise _refused(name, str(error)) from None
    if size > LARGEST:
        raise SourceContentError(
            f"{name}: the workbook is too large to be held whole",
            given=f"{size} bytes once unpacked",
            expected=f"at most {LARGEST}",
            mend="have it sent in parts, or as CSV or Parquet",
        )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return str(value) if value.time() != dt.time() else str(value.date())
    return str(value)


def _refused(name: str, given: str) -> SourceContentError:
    return SourceContentError(
        f"{name}: the file is no workbook that can be read",
        given=given,
        expected=".xlsx, .xls or .ods with a sheet",
        mend="have the file sent again",
    )
