"""Matches the header of a delimited file with the contract's columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import SchemaDriftError, SourceContentError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.ingest.formats.delimited import Record


# What others separate cells with.
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
MEND = "have the file sent again, or change the contract"
AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Layout:
    """The width of a file's rows, the index of each contract column, and the columns unknown to the contract."""

    width: int
    indices: tuple[int, ...]
    unknown: tuple[tuple[int, str], ...]

    def faults(self, record: Record) -> tuple[str, ...]:
        """Why a record is malformed; empty for a good one."""
        if record.reasons or len(record.cells) == self.width:
            return record.reasons
        kind = "short" if len(record.cells) < self.width else "long"
        return (f"{kind} row: {len(record.cells)} of {self.width} fields",)

    def rescued(self, record: Record) -> str | None:
        """The non-null cells of unknown columns as JSON; None when there are none."""
        return rescued_text({name: record.cell(i) for i, name in self.unknown})


def rescued_text(cells: dict[str, str | None]) -> str | None:
    """The non-null ones of some cells, by column name, as JSON; None when there are none."""
    held = {name: cell for name, cell in cells.items() if cell is not None}
    return AS_JSON(held) if held else None


def read_layout(header: Record | None, columns: Sequence[str], file: str) -> Layout:
    """Match a header with the contract's columns by name, whatever the order and the case of letters.

    A column without a name, such as a trailing comma makes, is one the contract does not know.

    Raises:
        SourceContentError: there is no header, or it cannot be read.
        SchemaDriftError: names are missing or doubled.
    """
    if header is None:
        raise _refused(file, "there is no header, the file is empty", "nothing", columns, SourceContentError)
    if header.reasons:
        raise _refused(file, "the header cannot be read", ", ".join(header.reasons), columns, SourceContentError)
    names = [cell.strip() for cell in header.cells]
    folded = [name.casefold() for name in names]
    known = sum(c.casefold() in folded for c in columns)
    # If few names match, the file may have no header, and the cells may be personal values ("ID" is Idaho, too): errors
    # must not show them.
    is_header = 2 * known >= len(columns)
    values = "" if is_header else f"{len(names)} cells, of which {known or 'none'} are names of columns"
    if doubled := sorted({n for n in folded if n and folded.count(n) > 1}):
        raise _refused(file, "columns occur twice in the header", values or ", ".join(doubled), columns)
    if missing := [c for c in columns if c.casefold() not in folded]:
        what = f"columns are missing from the header: {', '.join(missing)}"
        raise _refused(file, what, values or ", ".join(names), columns, mend=_mend(header.cells))
    indices = tuple(folded.index(c.casefold()) for c in columns)
    unknown = tuple((i, name or f"(column {i + 1})") for i, name in enumerate(names) if i not in indices)
    return Layout(len(names), indices, unknown)


def _mend(cells: Sequence[str]) -> str:
    """What to do about missing names, by what may separate them in the only cell that there is."""
    found = [name for sign, name in OTHER_SEPARATORS.items() if len(cells) == 1 and sign in cells[0]]
    return f"only commas separate cells: have the file sent with commas in place of {found[0]}" if found else MEND


def _refused(
    file: str,
    what: str,
    given: str,
    columns: Sequence[str],
    kind: type[TerminalError] = SchemaDriftError,
    *,
    mend: str = MEND,
) -> TerminalError:
    return kind(
        f"{file}: {what}",
        given=given,
        expected="a header with " + ", ".join(columns),
        mend=mend,
    )
