"""What a trace finds: rows, refused rows, and notes."""

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
    """What was found: a row, a row in the quarantine, or a note about a table."""

    ROW = "row"
    QUARANTINED = "quarantined"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a trace found in one table.

    Attributes:
        table: The table's name.
        what: Whether it is a row, a refused row or a note.
        via: The columns by which the table was reached.
        source: System and object that a landed row was read from.
        source_position: Where in the source a landed or refused row was.
        batch: The batch that landed or refused the row; silver and gold rows have none.
        run_id: That batch's run.
        at: When the row was landed or refused.
        rules: The rules that a refused row failed.
        row: The row's columns.
        note: The text of a note.
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
    """The finding for a row of a table; of a landed row also with its source, batch and run."""
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
    """The finding for a row of a table's quarantine."""
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
    """A refused row as the quarantine stores it: JSON of its columns, or the text that could not be read as a row."""
    try:
        found = json.loads(text or "", parse_float=Decimal)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"text": text}
