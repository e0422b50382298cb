"""Generates a delivery's files from the samples: tables for Snowflake's stand-in, CRM files and the ECB's archive."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.sources.deliveries import (
    DELIVERIES,
    FILE_DAYS,
    LINES,
    ORDERS,
    ORDERS_UPTO,
    RATES_UPTO,
    How,
    Oddity,
    oddities,
)
from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[1] / "samples"
SNOWFLAKE = SAMPLES / "snowflake_orders"
RATES = SAMPLES / "fx" / "eurofxref-hist.zip"
RATES_MEMBER = "eurofxref-hist.csv"
CRM = {"accounts": "Account.csv", "contacts": "Contact.csv", "opportunities": "Opportunity.csv"}
KEYS = {
    ORDERS: "salesorderid",
    LINES: "salesorderdetailid",
    "CUSTOMER": "customerid",
    "PERSON": "businessentityid",
    "STORE": "businessentityid",
    "PRODUCT": "productid",
    "PRODUCTCATEGORY": "productcategoryid",
    "PRODUCTSUBCATEGORY": "productsubcategoryid",
    "ADDRESS": "addressid",
}
CRM_KEY = "Id"
BOM = "\ufeff"
EARLIEST_DATE_OF_A_ZIP = (1980, 1, 1, 0, 0, 0)

Row = dict[str, str]


def check_delivery(delivery: int) -> None:
    """Refuse a delivery that does not exist.

    Raises:
        TerminalError: it is neither 1 nor 2.
    """
    if delivery not in DELIVERIES:
        raise TerminalError("unknown delivery", given=str(delivery), expected=" or ".join(map(str, DELIVERIES)))


def snowflake_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The files for Snowflake's tables on the day of a delivery: one CSV file each, and their definitions."""
    orders = {row["salesorderid"] for row in _rows(ORDERS, delivery)}
    for table in KEYS:
        rows = _rows(table, delivery)
        if table == LINES and delivery == 1:
            rows = [row for row in rows if row["salesorderid"] in orders]
        yield f"{table}.csv", written(rows).encode()
    yield "tables.sql", (SNOWFLAKE / "tables.sql").read_bytes()


def crm_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The CRM's files for the landing place: all rows on the first day, the oddities on the second."""
    for entity, sample in CRM.items():
        whole = (SAMPLES / "crm_salesforce" / sample).read_bytes()
        yield f"crm/{entity}/{FILE_DAYS[1]}.csv", whole
        if delivery > 1 and (odd := oddities(entity, How.CHANGED, How.ADDED)):
            yield f"crm/{entity}/{FILE_DAYS[2]}.csv", _odd_file(whole.decode("utf-8-sig"), odd)


def sample_orders() -> list[Row]:
    """The order headers of the samples, unchanged."""
    return _sample(ORDERS)


def sample_lines() -> list[Row]:
    """The order lines of the samples, unchanged."""
    return _sample(LINES)


def rates_archive(delivery: int) -> bytes:
    """The ECB's archive: rates up to a certain day in the first delivery, all of them in the second."""
    if delivery > 1:
        return RATES.read_bytes()
    with zipfile.ZipFile(RATES) as archive:
        header, *days = archive.read(RATES_MEMBER).decode().splitlines(keepends=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        known = "".join([header, *(day for day in days if day[: len(RATES_UPTO)] <= RATES_UPTO)])
        member = zipfile.ZipInfo(RATES_MEMBER, EARLIEST_DATE_OF_A_ZIP)
        archive.writestr(member, known, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _sample(table: str) -> list[Row]:
    with (SNOWFLAKE / f"{table.lower()}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _rows(table: str, delivery: int) -> list[Row]:
    rows = _sample(table)
    if delivery > 1:
        return list(_with_oddities(rows, table))
    held_back = {o.row for o in oddities(table, How.HELD_BACK)}
    kept = [row for row in rows if row[KEYS[table]] not in held_back]
    return [row for row in kept if table != ORDERS or row["modifieddate"] <= ORDERS_UPTO]


def _with_oddities(rows: list[Row], table: str) -> Iterator[Row]:
    found = {key: [o for o in oddities(table, *How) if o.row == key] for key in (o.row for o in oddities(table, *How))}
    for row in rows:
        odd = found.get(row[KEYS[table]], [])
        hows = {o.how for o in odd}
        if How.REMOVED not in hows:
            yield row | {k: v for o in odd if o.how is How.CHANGED for k, v in o.cells.items()}
        if How.DOUBLED in hows:
            yield row
        yield from (row | o.cells for o in odd if o.how is How.ADDED)


def written(rows: list[Row]) -> str:
    """At least one row, as a CSV file with the columns of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _odd_file(whole: str, odd: list[Oddity]) -> bytes:
    rows = {row[CRM_KEY]: row for row in csv.DictReader(io.StringIO(whole, newline=""))}
    header = list(next(iter(rows.values())))
    lines = [(BOM + _line(header)).encode()]
    for oddity in odd:
        cells = list((rows[oddity.row] | oddity.cells).values())
        cells = cells[: oddity.surplus] if oddity.surplus < 0 else cells + ["surplus"] * oddity.surplus
        lines.append(_line(cells).encode(oddity.encoding))
    return b"".join(lines)


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
