"""JSON Lines as Arrow rows: the contract's columns as text, and how each row was read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.ingest.batches import in_batches
from jobs.ingest.formats.delimited import (
    LONGEST_CELL,
    REASON_NUL,
    EndlessCellError,
    character_faults,
    is_text,
    readable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.ingest.formats.delimited_rows import DelimitedText

REASON_NO_OBJECT = "not a JSON object"
REASON_DOUBLED = "a name occurs twice"
REASON_HALF = "half of a character, as of an emoji that was cut in two"

Row = tuple[dict[str, str | None], str, str | None, str | None, list[str]]


class _Number(str):
    """A number as it was written, so that nothing is rounded."""

    __slots__ = ()


def json_rows(source: DelimitedText, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Read a text of one JSON object a line.

    Grain: one line in, one row out; blank lines are none. Names match in any case; a missing one is null, and one
    that the contract does not know is rescued. A value that is no text is kept as its JSON. A line that is no object
    has null in every column, its text and the reasons.

    Args:
        source: The text.
        columns: The contract's columns.
        schema: The columns, then those of a Reading.

    Raises:
        EndlessCellError: a line is longer than any row.
    """
    sized = (
        (_row(line, f"{source.name}#{number}", columns, source.encoding), len(line)) for number, line in _lines(source)
    )
    for batch in in_batches(sized):
        yield _arrow(batch, columns, schema)


def _lines(source: DelimitedText) -> Iterator[tuple[int, str]]:
    number = 0
    while line := source.text.readline(LONGEST_CELL):
        number += 1
        if len(line) == LONGEST_CELL:
            raise EndlessCellError(number)
        if body := line.strip():
            yield number, body


def _row(line: str, position: str, columns: Sequence[str], encoding: str) -> Row:
    faults = list(character_faults(line))
    given: dict[str, Any] = {}
    if not faults:
        try:
            read = json.loads(
                line, parse_float=_Number, parse_int=_Number, parse_constant=str, object_pairs_hook=_object
            )
            given, faults = (read, []) if isinstance(read, dict) else ({}, [REASON_NO_OBJECT])
        except _DoubledError:
            faults = [REASON_DOUBLED]
        except (ValueError, RecursionError):
            faults = [REASON_NO_OBJECT]
    cells = {name.casefold(): _text(value) for name, value in given.items()}
    if len(cells) < len(given):
        faults = [REASON_DOUBLED]
    faults = faults or _escaped_faults([*cells, *filter(None, cells.values())])
    if faults:
        return {}, position, None, readable(line, encoding), faults
    unknown = {n: v for n, v in given.items() if n.casefold() not in columns and v is not None}
    return cells, position, _json(unknown) if unknown else None, None, []


def _escaped_faults(texts: list[str]) -> list[str]:
    """Why names or cells cannot be stored, for faults that the line itself holds only as escapes."""
    if any("\0" in text for text in texts):
        return [REASON_NUL]
    return [] if all(map(is_text, texts)) else [REASON_HALF]


class _DoubledError(Exception):
    """A name occurs twice in an object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Only the names of columns are matched whatever their case: within a value "a" and "A" are two.
    if len(names := dict(pairs)) < len(pairs):
        raise _DoubledError
    return names


def _text(value: object) -> str | None:
    if value is None or type(value) is str:
        return value
    return str(value) if isinstance(value, _Number) else _json(value)


def _json(value: object) -> str:
    """A value as JSON, with numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(n, ensure_ascii=False)}: {_json(v)}" for n, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _arrow(batch: list[Row], columns: Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    cells = [pa.array([row[0].get(name.casefold()) for row in batch], pa.string()) for name in columns]
    rest = [pa.array([row[i] for row in batch], schema[len(columns) + i - 1].type) for i in range(1, 5)]
    return pa.RecordBatch.from_arrays([*cells, *rest], schema=schema)
