"""Parses the key of a row as it is written on a command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts.looking.errors import WrongRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.looking.relations import Relations
    from shared.contracts import Table

NAMED = re.compile(r"[A-Za-z_]\w*=")
BETWEEN_NAMED = re.compile(r",(?=\s*[A-Za-z_]\w*=)")
DUCKDB_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ", "binary": "BLOB"}


def read_key(table: Table, words: Sequence[str]) -> dict[str, str]:
    """Read `43659`, `43659,1`, `43659 1` or `order_id=43659 line_id=1`; with names, a part of the key is enough.

    Returns:
        The values as written, by key column.

    Raises:
        WrongRequestError: the words do not fit the table's key.
    """
    key = table.primary_key
    if NAMED.match(words[0]):
        parts = [part.strip().partition("=") for word in words for part in BETWEEN_NAMED.split(word)]
        found = {name: value for name, _, value in parts}
        if set(found) <= set(key) and len(found) == len(parts):
            return found
    else:
        values = words if len(words) > 1 or len(key) == 1 else words[0].split(",")
        if len(values) == len(key):
            return dict(zip(key, (value.strip() for value in values), strict=True))
    raise WrongRequestError(
        f"the key does not fit {table.name}",
        given=" ".join(words),
        expected=f"{','.join(f'<{k}>' for k in key)}, or name=value for some of {', '.join(key)}",
    )


def check_values(relations: Relations, table: Table, key: dict[str, str]) -> None:
    """Refuse a key with a value that cannot be cast to its column's type.

    Raises:
        WrongRequestError: it has one.
    """
    for name, value in key.items():
        [row] = relations.rows(f"SELECT TRY_CAST(? AS {duckdb_type(table, name)}) AS v", [value])
        if row["v"] is None:
            expected = next(column.type for column in table.columns if column.name == name)
            raise WrongRequestError(f"the key does not fit {table.name}", given=f"{name}={value}", expected=expected)


def duckdb_type(table: Table, name: str) -> str:
    """DuckDB's type for a table's column."""
    spark = next(column.type for column in table.all_columns if column.name == name)
    return DUCKDB_TYPES.get(spark, spark)
