"""Reads every byte that is left and looks for a person's values in it, whatever any log says of the files."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from jobs.erase.search import BYTES
from jobs.runtime.jvm import files_at
from jobs.runtime.relation import relation
from jobs.runtime.tables import read_newest
from shared.names import RUNS_FOLDER, STAGING_FOLDER, UNLOAD_FOLDER
from shared.places import companions, location_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pyspark.sql import SparkSession

    from jobs.erase.search import Found
    from shared.contracts import Catalog
    from shared.names import Roots

PARQUET = b"PAR1"
DELTA_LOG, CHANGE_DATA = "_delta_log", "_change_data"
CELL, VALUE = "_cell", "_value"
# The column of a quarantine in which a refused row or record stands.
ROW = "row"


def places_to_read(catalog: Catalog, roots: Roots, found: Iterable[Found]) -> tuple[list[str], list[str]]:
    """Where a person may have been: what was reached, all that meets personal data, and the ledger; and Delta's logs.

    What a run that died left on its way, staged or unloaded, is nobody's table. The change feed and the log of a table
    are places of their own, since Spark passes over names that begin with `_` below a place.
    """
    tables = {f.location for f in found}
    for table in catalog.tables.values():
        if table.meets_personal:
            tables |= {location_of(roots, table), *companions(roots, table).values()}
    on_the_way = [f"{root}/{STAGING_FOLDER}" for root in (roots.lake, roots.pii)] + [f"{roots.lake}/{UNLOAD_FOLDER}"]
    feeds = [f"{table}/{CHANGE_DATA}" for table in tables]
    data = [*tables, *feeds, *on_the_way, f"{roots.lake}/{RUNS_FOLDER}"]
    return sorted(data), sorted(f"{table}/{DELTA_LOG}" for table in tables)


def own_values(session: SparkSession, found: Iterable[Found], values: Iterable[str]) -> set[str]:
    """The values that no row of anybody else holds: a city or an employer is rightly there still.

    Args:
        session: The session.
        found: Where the person was, and is no more.
        values: The person's values in clear.
    """
    own = set(values)
    for location, names in {f.location: f.closed for f in found if f.closed}.items():
        closed = [F.col(name).cast("string") for name in names]
        theirs = read_newest(session, location).select(F.explode(F.array(*closed)).alias(CELL))
        mine = F.broadcast(relation(session, VALUE, own))
        held = theirs.join(mine, on=F.col(CELL).contains(F.col(VALUE))).select(VALUE).distinct()
        own -= {row[0] for row in held.collect()}
    return own


def files_with(session: SparkSession, places: Iterable[str], values: Iterable[str]) -> tuple[list[str], int]:
    """The files below some places in which one of some values stands, and how many files were read.

    Parquet is unpacked, since what it holds is compressed.

    Args:
        session: The session.
        places: Folders; those that do not exist are left out.
        values: Texts in clear. They go to the workers, and neither into a plan nor into a log.
    """
    wanted = sorted(values)
    there = [place for place in places if _has_files(session, place)]
    if not there or not wanted:
        return [], 0
    files = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(there)
    rows = files.select("path", "content").mapInArrow(_looking_for(wanted), "path string, is_hit boolean").collect()
    return sorted({row["path"] for row in rows if row["is_hit"]}), len(rows)


def _looking_for(values: list[str]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            hits = [holds(content.as_py(), values) for content in batch.column(1)]
            yield pa.RecordBatch.from_arrays([batch.column(0), pa.array(hits, pa.bool_())], names=["path", "is_hit"])

    return look


def holds(content: bytes, values: list[str]) -> bool:
    """Whether one of some texts stands in a file, in clear or in a cell of Parquet."""
    if any(value.encode() in content for value in values):
        return True
    if not content.startswith(PARQUET):
        return False
    table = pq.read_table(io.BytesIO(content))
    columns = [*table.columns, *([_records(table.column(ROW))] if ROW in table.column_names else [])]
    texts = (_texts(column) for column in columns)
    return any(_contains(column, value) for column in texts if column is not None for value in values)


def _records(rows: pa.ChunkedArray) -> pa.ChunkedArray:
    """The bytes of the records that a quarantine holds, as far as they are text; it writes them as Base64."""
    return pa.chunked_array([[part for text in rows.to_pylist() for part in _bytes_of(text)]], pa.string())


def _bytes_of(text: str | None) -> Iterator[str]:
    try:
        record = json.loads(text or "null")
    except ValueError:
        return
    for part in BYTES if isinstance(record, dict) else ():
        try:
            yield b64decode(record.get(part) or "", validate=True).decode(errors="replace")
        except (TypeError, ValueError):
            continue


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    while pa.types.is_list(column.type):
        column = pc.list_flatten(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    is_number = pa.types.is_integer(column.type) or pa.types.is_decimal(column.type)
    return column.cast(pa.string()) if is_number else None


def _contains(column: pa.ChunkedArray, value: str) -> bool:
    return bool(pc.any(pc.match_substring(column, value)).as_py())


def _has_files(session: SparkSession, place: str) -> bool:
    files, path = files_at(session, place)
    return bool(files.exists(path))
