"""Records of a delimited file as Arrow rows: the contract's columns as text, and how each row was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from jobs.ingest.batches import in_batches
from jobs.ingest.formats.delimited import NO_QUOTED_EMPTIES, Lines, Record, readable, records
from jobs.ingest.formats.delimited_layout import Layout, read_layout, rescued_text
from jobs.ingest.formats.delimited_stretch import Stretch, cut_at_once
from jobs.ingest.reading_schema import no_reasons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO


@dataclass(frozen=True)
class DelimitedText:
    """One text to read: a file, or a member of an archive.

    Attributes:
        name: The text's name in positions and errors.
        text: The open text.
        encoding: Its encoding.
        knows_empty: Whether a quoted empty cell is an empty text; from a source without empty texts it is null.
    """

    name: str
    text: TextIO
    encoding: str
    knows_empty: bool = True


def arrow_rows(source: DelimitedText, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Read a text as rows.

    Grain: one record in, one row out; blank lines are none. An empty cell without quotes is null. A malformed record
    has null in every column, its text and the reasons.

    Blocks of well-formed records are parsed at once, all others record by record, with the same result.

    Args:
        source: The text.
        columns: The contract's columns.
        schema: The columns, then those of a Reading.

    Raises:
        SourceContentError: there is no header, or it cannot be read.
        SchemaDriftError: the header does not fit the contract.
        EndlessCellError: a quote is never closed.
    """
    lines = Lines(source.text)
    layout = read_layout(next(records(lines), None), columns, source.name)
    wanted = sorted({*layout.indices, *(i for i, _ in layout.unknown)})
    while text := lines.take():
        stretch = cut_at_once(text, layout.width, wanted, knows_empty=source.knows_empty)
        if stretch:
            yield _rows_at_once(stretch, lines.number + 1, layout, source.name, schema)
            lines.give_back(stretch.rest, stretch.length)
        else:
            lines.give_back(text)
            yield from _rows(_given_back(lines, source), layout, source.name, source.encoding, schema)


def record_rows(
    parts: Iterator[Record], name: str, encoding: str, columns: Sequence[str], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Read records, the first of which is the header, as rows; grain and errors are those of `arrow_rows`."""
    layout = read_layout(next(parts, None), columns, name)
    yield from _rows(parts, layout, name, encoding, schema)


def _rows_at_once(stretch: Stretch, first: int, layout: Layout, name: str, schema: pa.Schema) -> pa.RecordBatch:
    cells, count = stretch.columns, len(stretch.lines)
    unknown = {name: cells[i].to_pylist() for i, name in layout.unknown if cells[i].null_count < count}
    rescued = [rescued_text(dict(zip(unknown, row, strict=True))) for row in zip(*unknown.values(), strict=True)]
    lines = pa.array(stretch.lines + first).cast(pa.string())
    columns = [
        *(cells[i] for i in layout.indices),
        pc.binary_join_element_wise(f"{name}#", lines, ""),
        pa.array(rescued, pa.string()) if unknown else pa.nulls(count, pa.string()),
        pa.nulls(count, pa.string()),
        no_reasons(count),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _given_back(lines: Lines, source: DelimitedText) -> Iterator[Record]:
    """The records that begin in the text that was given back."""
    parts = records(lines)
    while lines.has_back and (record := next(parts, None)):
        yield record if source.knows_empty else record._replace(quoted_empties=NO_QUOTED_EMPTIES)


def _rows(
    parts: Iterator[Record], layout: Layout, name: str, encoding: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for batch in in_batches((record, len(record.text)) for record in parts):
        yield _batch(batch, layout, name, encoding, schema)


def _batch(records: list[Record], layout: Layout, name: str, encoding: str, schema: pa.Schema) -> pa.RecordBatch:
    rows = [_row(record, layout, f"{name}#{record.line}", encoding) for record in records]
    columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _row(record: Record, layout: Layout, position: str, encoding: str) -> tuple[str | tuple[str, ...] | None, ...]:
    if faults := layout.faults(record):
        return *(None for _ in layout.indices), position, None, readable(record.text, encoding), faults
    cells = (record.cell(i) for i in layout.indices)
    return *cells, position, layout.rescued(record), None, ()
