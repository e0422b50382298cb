"""Generates a delivery's clickstream from the sample: the tables for the stand-in for Redshift."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

from scripts.sources.delivered_files import SAMPLES
from scripts.sources.deliveries import EVENTS, EVENTS_UPTO, How, oddities

if TYPE_CHECKING:
    from collections.abc import Iterator

REDSHIFT = SAMPLES / "redshift_behaviour"

Row = dict[str, str]


def redshift_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The files for Redshift's tables on the day of a delivery: one CSV file each, and their definitions."""
    rows = list(_delivered(delivery))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    yield f"{EVENTS}.csv", text.getvalue().encode()
    yield "tables.sql", (REDSHIFT / "tables.sql").read_bytes()


def event_key(row: Row) -> str:
    """The key of an event of the sample, as the table of oddities writes it."""
    return " ".join(row[name] for name in ("user_id", "timestamp", "event"))


def sample_events() -> list[Row]:
    """The sample's rows."""
    with gzip.open(REDSHIFT / "ecom.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _delivered(delivery: int) -> Iterator[Row]:
    odd = {o.row: o for o in oddities(EVENTS, *How)}
    for row in sample_events():
        oddity = odd.get(event_key(row))
        if delivery == 1:
            is_held_back = oddity is not None and oddity.how is How.HELD_BACK
            if row["timestamp"] <= EVENTS_UPTO and not is_held_back:
                yield row
            continue
        yield row
        if oddity is not None and oddity.how is How.DOUBLED:
            yield row
        if oddity is not None and oddity.how is How.ADDED:
            yield row | oddity.cells
