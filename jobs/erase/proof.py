"""Searches every remaining file for a person's values, whether or not a table's log still names the file."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from jobs.erase.searchable import BYTES
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
# The column of a quarantine that has the refused row or record.
ROW = "row"


def places_to_read(catalog: Catalog, roots: Roots, found: Iterable[Found]) -> tuple[list[str], list[str]]:
    """The folders where a person's values may be: first those with data, then Delta's logs.

    Data is in the tables and companions that the search found, in every table that meets personal data and in its
    companions, in the ledger, and in what a dead run may have left staged or unloaded. Change feeds and logs are listed
    as folders of their own, since Spark skips names that begin with `_` below a folder.
    """
    tables = {f.location for f in found}
    for table in catalog.tables.values():
        if table.meets_personal:
            tables |= {location_of(roots, table), *companions(roots, table).values()}
    leftovers = [f"{root}/{STAGING_FOLDER}" for root in (roots.lake, roots.pii)] + [f"{roots.lake}/{UNLOAD_FOLDER}"]
    feeds = [f"{table}/{CHANGE_DATA}" for table in tables]
    data = [*tables, *feeds, *leftovers, f"{roots.lake}/{RUNS_FOLDER}"]
    return sorted(data), sorted(f"{table}/{DELTA_LOG}" for table in tables)


def own_values(session: SparkSession, found: Iterable[Found], values: Iterable[str]) -> set[str]:
    """Leave out values that rows of other people have, too: a city or an employer may rightly still be there.

    Args:
        session: The session.
        found: The places that the person's rows have been deleted from.
        values: The person's values in clear.
    """
    own = set(values)
    for location, names in {f.location: f.closed for f in found if f.closed}.items():
        closed = [F.col(name).cast("string") for name in names]
        cells = read_newest(session, location).select(F.explode(F.array(*closed)).alias(CELL))
        candidates = F.broadcast(relation(session, VALUE, own))
        shared = cells.join(candidates, on=F.col(CELL).contains(F.col(VALUE))).select(VALUE).distinct()
        own -= {row[0] for row in shared.collect()}
    return own


def files_with(session: SparkSession, places: Iterable[str], values: Iterable[str]) -> tuple[list[str], int]:
    """Search the files below some folders for values; return those that contain one, and how many files were read.

    Cells of Parquet files are searched, too, since they are compressed.

    Args:
        session: The session.
        places: The folders; those that do not exist are left out.
        values: Texts in clear. They are sent to the workers, and appear neither in a plan nor in a log.
    """
    wanted = sorted(values)
    existing = [place for place in places if _exists(session, place)]
    if not existing or not wanted:
        return [], 0
    files = session.read.format("binaryFile").option("recursiveFileLookup", "true").load(existing)
    rows = files.select("path", "content").mapInArrow(_looking_for(wanted), "path string, is_hit boolean").collect()
    return sorted({row["path"] for row in rows if row["is_hit"]}), len(rows)


def _looking_for(values: list[str]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            hits = [holds(content.as_py(), values) for content in batch.column(1)]
            yield pa.RecordBatch.from_arrays([batch.column(0), pa.array(hits, pa.bool_())], names=["path", "is_hit"])

    return look


def holds(content: bytes, values: list[str]) -> bool:
    """Whether a file contains one of some texts, in its bytes or in a cell of Parquet."""
    if any(value.encode() in content for value in values):
        return True
    if not content.startswith(PARQUET):
        return False
    table = pq.read_table(io.BytesIO(content))
    columns = [*table.columns, *([_records(table.column(ROW))] if ROW in table.column_names else [])]
    texts = (_texts(column) for column in columns)
    return any(_contains(column, value) for column in texts if column is not None for value in values)


def _records(rows: pa.ChunkedArray) -> pa.ChunkedArray:
    """The decoded bytes of the Kafka records in a quarantine, which stores them as Base64, as far as they are text."""
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


def _exists(session: SparkSession, place: str) -> bool:
    files, path = files_at(session, place)
    return bool(files.exists(path))
