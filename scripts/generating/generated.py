"""Generates the data of a lake's sources: files in its folder, and records and orders that are computed on demand."""

from __future__ import annotations

import csv
import filecmp
import io
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from scripts.generating.copies import SECOND_DAY, Copying, copies, late, renumbered
from scripts.generating.shape import shape_of
from scripts.looking.errors import WrongRequestError
from scripts.sources.delivered_events import redshift_files
from scripts.sources.delivered_files import crm_files, sample_orders, snowflake_files
from scripts.sources.deliveries import FILE_DAYS
from scripts.sources.made_up import made_up_files
from scripts.sources.order_events import schema_files
from scripts.sources.salesforce.records import salesforce_records
from shared.contracts import load_catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scripts.generating.copies import Row
    from scripts.sources.salesforce.org import Record
    from shared.contracts import Table

MARK = "sources/generated.json"
SNOWFLAKE, REDSHIFT, LANDING = "sources/snowflake/tables", "sources/redshift", "landing"


@dataclass(frozen=True, kw_only=True)
class Generated:
    """How many rows a source's table has."""

    table: str
    rows: int


def read_copying(root: Path) -> Copying | None:
    """What was generated for the lake at a root; None if its sources have the samples."""
    mark = root / MARK
    return Copying(**json.loads(mark.read_text(encoding="utf-8"))) if mark.exists() else None


def generate(root: Path, copying: Copying) -> list[Generated]:
    """Fill the files of a lake's sources, table by table and row by row, record the request, and return the row counts.

    Tables that no contract reads are left out.

    Args:
        root: The lake's folder; created if it does not exist.
        copying: How many copies, with which seed, on which day.

    Raises:
        WrongRequestError: the lake's sources have other data, which cannot be taken back.
    """
    _check_goes_on(root, copying)
    filled = [
        *_tables(root / SNOWFLAKE, snowflake_files(copying.day), "snowflake", copying),
        *_tables(root / REDSHIFT, redshift_files(copying.day), "redshift", copying),
        *_drops(root / LANDING, copying),
        *(Generated(table=t, rows=len(r)) for t, r in _salesforce(copying)),
    ]
    for name, content in (*made_up_files(copying.day), *schema_files()):
        _put(root / LANDING / name, [content])
    (root / MARK).write_text(json.dumps(asdict(copying)), encoding="utf-8")
    return filled


def _check_goes_on(root: Path, copying: Copying) -> None:
    """Refuse everything but new sources and the step from the first day to the second: a topic cannot lose records."""
    before = read_copying(root)
    if before is None and not (root / "runs").exists():
        return
    if before is None or (before.scale, before.seed) != (copying.scale, copying.seed) or before.day > copying.day:
        given = f"scale {before.scale}, seed {before.seed}, day {before.day}" if before else "runs on the samples"
        raise WrongRequestError(
            f"the sources of {root} hold something else",
            given=given,
            expected="a new folder, or the second day of the same scale and seed",
            mend="name another --root",
        )


def generated_records(copying: Copying) -> dict[str, list[Record]]:
    """The records of every object of Salesforce."""
    objects = _of_source("salesforce")
    return dict(_records(copying, objects))


def generated_orders(copying: Copying) -> list[Row]:
    """The order headers that Kafka's records are about: those of the samples and of each copy."""
    numbered = ("salesorderid", "customerid")
    return [
        order | {name: renumbered(order[name], copy) for name in numbered}
        for copy in range(copying.scale)
        for order in sample_orders()
    ]


def _salesforce(copying: Copying) -> Iterator[tuple[str, list[Record]]]:
    tables = _of_source("salesforce")
    for name, rows in _records(copying, tables):
        yield str(tables[name].name), rows


def _records(copying: Copying, tables: dict[str, Table]) -> Iterator[tuple[str, list[Record]]]:
    for name, records in salesforce_records(copying.day).items():
        if name in tables:
            shape = shape_of(load_catalog(), tables[name])
            yield name, [*records, *copies(records, shape, copying, doubles=False)]


def _tables(folder: Path, files: Iterable[tuple[str, bytes]], type_: str, copying: Copying) -> Iterator[Generated]:
    tables = _of_source(type_)
    for name, content in files:
        stem = name.removesuffix(".csv").rpartition(".")[2]
        if not name.endswith(".csv"):
            _put(folder / name, [content])
            continue
        table = tables.get(stem)
        if table is None:
            continue
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        more = copies(rows, shape_of(load_catalog(), table), copying)
        yield Generated(table=str(table.name), rows=len(rows) + _put(folder / name, [content], list(rows[0]), more))


def _drops(folder: Path, copying: Copying) -> Iterator[Generated]:
    """Write the CRM's files: those of the samples, and one more per day with the rows of the copies."""
    tables = load_catalog().tables
    wholes: dict[str, bytes] = {}
    for name, content in crm_files(copying.day):
        entity = name.split("/")[1]
        if f"bronze.crm__{entity}" in tables:
            _put(folder / name, [content])
            wholes.setdefault(entity, content)
    for entity, content in wholes.items():
        table = tables[f"bronze.crm__{entity}"]
        shape = shape_of(load_catalog(), table)
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        first = Copying(scale=copying.scale, seed=copying.seed, day=1)
        count = len(rows)
        count += _put(_drop(folder, entity, 1), [], list(rows[0]), copies(rows, shape, first))
        if copying.day == SECOND_DAY:
            count += _put(_drop(folder, entity, 2), [], list(rows[0]), late(rows, shape, copying))
        yield Generated(table=str(table.name), rows=count)


def _drop(folder: Path, entity: str, day: int) -> Path:
    return folder / "crm" / entity / f"{FILE_DAYS[day]}-generated.csv"


def _of_source(type_: str) -> dict[str, Table]:
    """The bronze tables of a type of source, by their names in the source."""
    return {t.source.object: t for t in load_catalog().tables.values() if t.source and t.source.type == type_}


def _put(path: Path, contents: Iterable[bytes], header: list[str] | None = None, rows: Iterable[Row] = ()) -> int:
    """Write a file with contents followed by rows, and return the number of those rows.

    A file that already has this content is left alone: a new modification time would make it look new.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, count = path.with_name(f".{path.name}"), 0
    unfinished.write_bytes(b"".join(contents))  # some of it is deliberately not UTF-8
    with unfinished.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header or [], lineterminator="\n")
        if not contents and header:
            writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    if path.exists() and filecmp.cmp(path, unfinished, shallow=False):
        unfinished.unlink()
    else:
        unfinished.replace(path)
    return count
