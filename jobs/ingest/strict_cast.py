"""Casts a source's Arrow columns to the contract's types without altering a single value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pt

from jobs.ingest.reading import REASONS
from jobs.ingest.reading_schema import READING_COLUMNS, no_reasons
from jobs.ingest.row_text import row_text
from shared.errors import SchemaDriftError

if TYPE_CHECKING:
    from collections.abc import Callable

WIDEST = 38


def _is_number(type_: pa.DataType) -> bool:
    return bool(pt.is_integer(type_) or pt.is_decimal(type_))


# Which Arrow types may be cast to each family of contract types; any other type is drift.
FAMILIES: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], bool]], ...] = (
    (_is_number, _is_number),
    (pt.is_float64, pt.is_floating),
    (pt.is_float32, pt.is_float32),
    (pt.is_boolean, pt.is_boolean),
    (pt.is_string, lambda t: pt.is_string(t) or pt.is_large_string(t)),
    (pt.is_date, pt.is_date),
    (pt.is_timestamp, pt.is_timestamp),
    (pt.is_binary, lambda t: pt.is_binary(t) or pt.is_large_binary(t) or pt.is_fixed_size_binary(t)),
)


def fit(rows: pa.Table, wanted: pa.Schema, place: str) -> pa.Table:
    """Cast rows of a source to the contract's types, and add the columns of a Reading.

    Grain: one row in, one row out. A value that cannot be cast without loss becomes null, and its row gets a reason and
    its text; timestamps without a zone are taken as UTC.

    Args:
        rows: The source's columns, in the order of the wanted ones.
        wanted: The contract's columns and those of a Reading.
        place: The `_source_position` of every row.

    Raises:
        SchemaDriftError: a column's type is of another family than the contract's.
    """
    business = [field for field in wanted if field.name not in READING_COLUMNS]
    columns, misfits = [], dict[int, list[str]]()
    for field, column in zip(business, rows.columns, strict=True):
        whole = column.combine_chunks()
        # Whether the writer dictionary-encoded a column does not matter for its values.
        whole = whole.dictionary_decode() if pt.is_dictionary(whole.type) else whole
        values, bad = _fit_column(whole, field, place)
        columns.append(values)
        for i in bad:
            misfits.setdefault(i, []).append(f"{field.name}: the value does not fit {field.type}")
    count = rows.num_rows
    columns += [pa.repeat(place, count), pa.nulls(count, pa.string()), *_judged(rows, misfits, wanted)]
    return pa.Table.from_arrays(columns, schema=wanted)


def _judged(rows: pa.Table, misfits: dict[int, list[str]], wanted: pa.Schema) -> tuple[pa.Array, pa.Array]:
    """The columns `_raw` and `_reasons`."""
    count = rows.num_rows
    if not misfits:
        return pa.nulls(count, pa.string()), no_reasons(count)
    texts = {i: row_text(_told(rows.slice(i, 1))) for i in misfits}
    reasons = pa.array([misfits.get(i, []) for i in range(count)], wanted.field(REASONS).type)
    return pa.array([texts.get(i) for i in range(count)], pa.string()), reasons


def _told(row: pa.Table) -> dict[str, object]:
    """The cells of one row; a date or moment of a year that Python does not have is told as Arrow writes it."""
    return {name: _cell(row.column(name)) for name in row.column_names}


def _cell(column: pa.ChunkedArray) -> object:
    try:
        return column[0].as_py()
    except OverflowError:
        return column.cast(pa.string())[0].as_py()


def _fit_column(column: pa.Array, field: pa.Field, place: str) -> tuple[pa.Array, list[int]]:
    if not pt.is_null(column.type) and not _same_family(column.type, field.type):
        raise SchemaDriftError(
            f"{place}: column {field.name} is of another kind than its contract says",
            given=str(column.type),
            expected=str(field.type),
            mend="change the column's type in the contract",
        )
    try:
        return _cast(column, field.type), []
    except pa.ArrowInvalid:
        return _fit_one_by_one(column, field.type)


def _same_family(given: pa.DataType, wanted: pa.DataType) -> bool:
    return any(is_wanted(wanted) and is_given(given) for is_wanted, is_given in FAMILIES)


def _fit_one_by_one(column: pa.Array, wanted: pa.DataType) -> tuple[pa.Array, list[int]]:
    values, bad = [], []
    for i in range(len(column)):
        try:
            values.append(_cast(column.slice(i, 1), wanted))
        except pa.ArrowInvalid:
            values.append(pa.nulls(1, wanted))
            bad.append(i)
    return pa.concat_arrays(values), bad


def _cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if pt.is_timestamp(wanted) and pt.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz)).cast(wanted)
    if pt.is_decimal(wanted) and pt.is_integer(column.type):
        # Arrow refuses a narrow decimal for the sake of values that an integer could hold, not of those it holds.
        column = column.cast(pa.decimal128(WIDEST, 0)).cast(pa.decimal128(WIDEST, wanted.scale))
    return column.cast(wanted)
