"""The rows of a table on their way out: all of them or those that changed, and as the API gives them."""

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

# Beside a row's columns: there is none any more, and there was one before. No column of a contract begins with `_`.
GONE, BEFORE = "_gone", "_before"
KEY, ROW = "key", "row"
# API Gateway decodes a path before it hands it on: one could not be told from a longer path, the other from its end.
OUTSIDE_OF_PATHS = frozenset("/?")


def shape_of(table: Table, place: str) -> str:
    """A hash of what decides how a row looks in a place: another one means that every row is published again."""
    facts = (place, [(c.name, c.type) for c in table.columns])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def whole(rows: DataFrame, table: Table) -> DataFrame:
    """Every row.

    Grain: one row per key, with `_gone` and `_before`, which say nothing here.
    """
    nothing = F.lit(False)
    return rows.select(*table.column_names, nothing.alias(GONE), nothing.alias(BEFORE))


def changed(images: DataFrame, table: Table) -> DataFrame:
    """The rows that a change feed's images say have come or gone.

    Grain: one row per key, with `_gone` and `_before`; of a row that is gone only the key is left.

    Args:
        images: `jobs.runtime.change_feed.images` of all the table's columns.
        table: The table.
    """
    others = [n for n in table.column_names if n not in table.primary_key]
    # At most one image of a key came, so each column's greatest is that image's.
    came = [F.max(F.when(F.col(TIMES) > 0, F.col(n))).alias(n) for n in others]
    grouped = images.groupBy(*table.primary_key).agg(*came, F.max(TIMES).alias(GONE), F.min(TIMES).alias(BEFORE))
    return grouped.select(*table.column_names, (F.col(GONE) < 0).alias(GONE), (F.col(BEFORE) < 0).alias(BEFORE))


def served(rows: DataFrame, table: Table, path: ServedPath) -> Iterator[tuple[str | None, str | None, bool]]:
    """Each row's path, its JSON and whether there was one before, taken from Spark one part after the other.

    The path is None where nobody could ask for it, the JSON where there is no row any more.
    """
    row = F.when(~F.col(GONE), _json(table, table.column_names))
    texts = rows.select(_json(table, table.primary_key).alias(KEY), row.alias(ROW), BEFORE)
    for text in texts.toLocalIterator(prefetchPartitions=True):
        values = json.loads(text[KEY])
        key = [str(values[column]) for column in path.columns]
        yield path_to(key, path), text[ROW], text[BEFORE]


def path_to(key: list[str], path: ServedPath) -> str | None:
    """The path of a row; None where nobody could ask for it, or DynamoDB takes none as long."""
    made = path.of(key)
    return None if OUTSIDE_OF_PATHS.intersection("".join(key)) or len(made) > PATH_LIMIT_BYTES else made


def _json(table: Table, names: tuple[str, ...]) -> Column:
    """Columns as the table's JSON Schema has them: decimals are texts."""
    types = {c.name: c.type for c in table.columns}
    texts = [F.col(n).cast("string").alias(n) if types[n].startswith("decimal") else F.col(n) for n in names]
    return as_json(*texts)
