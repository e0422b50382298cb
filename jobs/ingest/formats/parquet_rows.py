"""A Parquet file as Arrow rows in the contract's types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ingest.batches import rows_of_a_batch
from jobs.ingest.row_text import row_text
from jobs.ingest.strict_cast import fit
from shared.errors import SchemaDriftError, SourceContentError
from shared.landed_columns import RESCUED, SOURCE_POSITION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def parquet_rows(path: Path, name: str, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Read a file.

    Grain: one row in, one row out. Columns match by name, in any case. Values are cast without being altered; one
    that does not fit sends its row to the quarantine. Columns that the contract does not know are rescued as JSON.

    Args:
        path: The file.
        name: Its name in errors, and, with the number of the row from 1, the `_source_position` of its rows.
        columns: The contract's columns.
        schema: The columns, then those of a Reading.

    Raises:
        SourceContentError: the file is no Parquet file, or not whole.
        SchemaDriftError: columns are missing or doubled, or one has a type of another family than the contract's.
    """
    try:
        # Arrow reads INT96 timestamps as nanoseconds by default, of which 64 bits end in 2262.
        with pq.ParquetFile(path, coerce_int96_timestamp_unit="us") as file:
            names = _names(file.schema_arrow.names, columns, name)
            size = rows_of_a_batch(int(file.metadata.num_rows), _bytes_of(file.metadata))
            count = 0
            for batch in file.iter_batches(batch_size=size):
                yield from _fitted(pa.Table.from_batches([batch]), names, schema, name, count)
                count += batch.num_rows
    except pa.ArrowInvalid as error:
        raise SourceContentError(
            f"{name}: the file is no Parquet file, or not whole",
            given=str(error).splitlines()[0],
            expected="a whole Parquet file",
            mend="have the file sent again",
        ) from None


def _bytes_of(file: pq.FileMetaData) -> int:
    return int(sum(file.row_group(i).total_byte_size for i in range(file.num_row_groups)))


def _names(given: Sequence[str], columns: Sequence[str], file: str) -> list[str]:
    """The file's own names of the contract's columns, in their order."""
    folded = [name.casefold() for name in given]
    for what, wrong in (
        ("columns occur twice", sorted({n for n in folded if folded.count(n) > 1})),
        ("columns are missing", [c for c in columns if c.casefold() not in folded]),
    ):
        if wrong:
            raise SchemaDriftError(
                f"{file}: {what}: {', '.join(wrong)}",
                given=", ".join(given),
                expected=", ".join(columns),
                mend="have the file sent again, or change the contract",
            )
    return [given[folded.index(c.casefold())] for c in columns]


def _fitted(rows: pa.Table, names: list[str], schema: pa.Schema, place: str, before: int) -> Iterator[pa.RecordBatch]:
    fitted = fit(rows.select(names), schema, place)
    # One place for all would have a replay of one row read every row of the file again.
    numbers = pa.array(range(before + 1, before + 1 + rows.num_rows)).cast(pa.string())
    fitted = _with(fitted, SOURCE_POSITION, pc.binary_join_element_wise(f"{place}#", numbers, ""))
    unknown = [name for name in rows.column_names if name not in names]
    if unknown:
        held = ({n: v for n, v in row.items() if v is not None} for row in rows.select(unknown).to_pylist())
        rescued = [row_text(row) if row else None for row in held]
        fitted = _with(fitted, RESCUED, pa.array(rescued, pa.string()))
    yield from fitted.to_batches()


def _with(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
