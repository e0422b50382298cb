"""The rows of a table for publication: all of them or those that changed, and as JSON for the API."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.change_feed import TIMES
from jobs.runtime.json_columns import as_json
from shared.serving import PATH_LIMIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame

    from shared.contracts import Table
    from shared.serving import ServedPath

# Flags beside a row's columns: it no longer exists; it existed before. No column of a contract begins with `_`.
GONE, BEFORE = "_gone", "_before"
KEY, ROW = "key", "row"
# Characters that a key in a path cannot have: API Gateway decodes a path before it passes it on, so a slash would look
# like another part of the path, and a question mark like its end.
OUTSIDE_OF_PATHS = frozenset("/?")


def shape_of(table: Table, place: str) -> str:
    """A hash of the key and of what decides how a row looks at a target; if it changes, all rows are sent again."""
    facts = (place, table.primary_key, [(c.name, c.type) for c in table.columns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def whole(rows: DataFrame, table: Table) -> DataFrame:
    """Every row.

    Grain: one row per key, with `_gone` and `_before`, which are always false here.
    """
    false = F.lit(False)
    return rows.select(*table.column_names, false.alias(GONE), false.alias(BEFORE))


def changed(images: DataFrame, table: Table) -> DataFrame:
    """The rows that changed or are gone, from the images of a change feed.

    Grain: one row per key, with `_gone` and `_before`; a row that is gone has its key only.

    Args:
        images: `jobs.runtime.change_feed.images` of all the table's columns.
        table: The table.
    """
    others = [n for n in table.column_names if n not in table.primary_key]
    # A key has at most one image with a count above 0, so each column's greatest value is that image's.
    came = [F.max(F.when(F.col(TIMES) > 0, F.col(n))).alias(n) for n in others]
    grouped = images.groupBy(*table.primary_key).agg(*came, F.max(TIMES).alias(GONE), F.min(TIMES).alias(BEFORE))
    return grouped.select(*table.column_names, (F.col(GONE) < 0).alias(GONE), (F.col(BEFORE) < 0).alias(BEFORE))


def served(rows: DataFrame, table: Table, path: ServedPath) -> Iterator[tuple[str | None, str | None, bool]]:
    """Yield each row's path, its JSON and whether it existed before, reading from Spark one partition at a time.

    The path is None if it cannot be requested, the JSON if the row is gone.
    """
    row = F.when(~F.col(GONE), _json(table, table.column_names))
    texts = rows.select(_json(table, table.primary_key).alias(KEY), row.alias(ROW), BEFORE)
    for text in texts.toLocalIterator(prefetchPartitions=True):
        values = json.loads(text[KEY])
        key = [str(values[column]) for column in path.columns]
        yield path_to(key, path), text[ROW], text[BEFORE]


def path_to(key: list[str], path: ServedPath) -> str | None:
    """The path of a row; None if it cannot be requested, or is too long for DynamoDB."""
    made = path.of(key)
    return None if OUTSIDE_OF_PATHS.intersection("".join(key)) or len(made) > PATH_LIMIT_BYTES else made


def _json(table: Table, names: tuple[str, ...]) -> Column:
    """Columns as JSON that fits the table's JSON Schema: decimals are texts."""
    types = {c.name: c.type for c in table.columns}
    texts = [F.col(n).cast("string").alias(n) if types[n].startswith("decimal") else F.col(n) for n in names]
    return as_json(*texts)
