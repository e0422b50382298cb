"""Records of a delimited file as Arrow rows: the contract's columns as text, and how each row was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from jobs.ingest.delimited import NO_QUOTED_EMPTIES, Record, readable, records
from jobs.ingest.delimited_layout import Layout, read_layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

ROWS_PER_BATCH = 10_000
CHARACTERS_PER_BATCH = 8 * 1024 * 1024


@dataclass(frozen=True)
class DelimitedText:
    """One text to read: a file, or a member of an archive. `name` stands in positions and errors.

    A source that does not know empty texts writes null in quotes, too.
    """

    name: str
    text: TextIO
    encoding: str
    knows_empty: bool = True


def arrow_rows(source: DelimitedText, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Read a text as rows.

    Grain: one record in, one row out; blank lines are none. An empty cell without quotes is null. A record that is no
    row has null in every column, its text and the reasons.

    Args:
        source: The text.
        columns: The contract's columns.
        schema: The columns, then those of a Reading.

    Raises:
        SourceContentError: there is no header, or it cannot be read.
        SchemaDriftError: the header does not fit the contract.
        EndlessCellError: a quote is never closed.
    """
    parts = records(source.text)
    if not source.knows_empty:
        parts = (record._replace(quoted_empties=NO_QUOTED_EMPTIES) for record in parts)
    yield from record_rows(parts, source.name, source.encoding, columns, schema)


def record_rows(
    parts: Iterator[Record], name: str, encoding: str, columns: Sequence[str], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Read records, of which the first is a header, as rows; grain and errors are those of `arrow_rows`."""
    layout = read_layout(next(parts, None), columns, name)
    for batch in _batches(parts):
        yield _Rows(batch, layout, name, encoding).arrow(schema)


def _batches(parts: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    characters = 0
    for record in parts:
        batch.append(record)
        characters += len(record.text)
        if len(batch) >= ROWS_PER_BATCH or characters >= CHARACTERS_PER_BATCH:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


class _Rows:
    """The rows of one batch of records."""

    def __init__(self, batch: list[Record], layout: Layout, name: str, encoding: str) -> None:
        self.batch = batch
        self.layout = layout
        self.name = name
        self.encoding = encoding
        self.faults = [layout.faults(record) for record in batch]
        self.is_plain = not any(self.faults) and not any(record.quoted_empties for record in batch)

    def arrow(self, schema: pa.Schema) -> pa.RecordBatch:
        positions = [f"{self.name}#{record.line}" for record in self.batch]
        columns = [
            *self._columns(),
            pa.array(positions, pa.string()),
            pa.array(self._rescued(), pa.string()),
            pa.array(self._texts(), pa.string()),
            pa.array(self.faults, schema[-1].type),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _columns(self) -> list[pa.Array]:
        if self.is_plain:
            cells = list(zip(*(record.cells for record in self.batch), strict=True))
            return [_plain_column(cells[i]) for i in self.layout.indices]
        return [pa.array(self._cells(i), pa.string()) for i in self.layout.indices]

    def _cells(self, i: int) -> list[str | None]:
        return [
            None if faults or (not record.cells[i] and i not in record.quoted_empties) else record.cells[i]
            for record, faults in zip(self.batch, self.faults, strict=True)
        ]

    def _rescued(self) -> list[str | None]:
        if not self.layout.unknown:
            return [None] * len(self.batch)
        pairs = zip(self.batch, self.faults, strict=True)
        return [None if faults else self.layout.rescued(record) for record, faults in pairs]

    def _texts(self) -> list[str | None]:
        pairs = zip(self.batch, self.faults, strict=True)
        return [readable(record.text, self.encoding) if faults else None for record, faults in pairs]


def _plain_column(cells: Sequence[str]) -> pa.Array:
    """A column of cells where no character means null, built eight times as fast as `pa.array` does it."""
    text = "".join(cells)
    if not text.isascii():
        return pa.array([cell or None for cell in cells], pa.string())
    lengths = np.fromiter(map(len, cells), np.int32, len(cells))
    offsets = np.zeros(len(cells) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    present = np.packbits(lengths > 0, bitorder="little")
    buffers = (pa.py_buffer(offsets), pa.py_buffer(text.encode("ascii")), pa.py_buffer(present))
    return pa.StringArray.from_buffers(len(cells), *buffers)
