"""What a trace tells: rows, refused rows, and things to know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shared.contracts import Kind
from shared.landed_columns import INGESTED_AT, RUN_ID, SEQUENCE, SOURCE_POSITION

if TYPE_CHECKING:
    from datetime import datetime

    from shared.contracts import Table


class What(StrEnum):
    """What was found: a row, a row in the quarantine, or something to know."""

    ROW = "row"
    QUARANTINED = "quarantined"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found in one table.

    `via` says by which columns the table was reached. `batch`, `run_id`, `at` and `source_position` say how a row was
    landed or refused; silver and gold rows do not have them. `rules` are those a refused row failed.
    """

    table: str
    what: What
    via: str
    source: str | None = None
    source_position: str | None = None
    batch: int | None = None
    run_id: str | None = None
    at: datetime | None = None
    rules: list[str] | None = None
    row: dict[str, Any] | None = None
    note: str | None = None


def of_row(table: Table, via: str, row: dict[str, Any]) -> Finding:
    """A row of a table, with what its batch says of it if it was landed."""
    if table.kind is not Kind.INGESTED:
        return Finding(table=str(table.name), what=What.ROW, via=via, row=row)
    return Finding(
        table=str(table.name),
        what=What.ROW,
        via=via,
        source=f"{table.source.system} {table.source.object}" if table.source else None,
        source_position=row[SOURCE_POSITION],
        batch=row[SEQUENCE],
        run_id=row[RUN_ID],
        at=row[INGESTED_AT],
        row={n: v for n, v in row.items() if n not in (SOURCE_POSITION, SEQUENCE, RUN_ID, INGESTED_AT)},
    )


def of_refused(table: Table, via: str, row: dict[str, Any]) -> Finding:
    """A row of a table's quarantine."""
    return Finding(
        table=str(table.name),
        what=What.QUARANTINED,
        via=via,
        source_position=row["source_position"],
        batch=row["batch"],
        run_id=row["run_id"],
        at=row["quarantined_at"],
        rules=row["rules"],
        row=_parsed(row["row"]),
    )


def _parsed(text: str | None) -> dict[str, Any]:
    """A refused row as it was written down: JSON of its columns, or the text that could not be read as a row."""
    try:
        found = json.loads(text or "", parse_float=Decimal)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"text": text}
