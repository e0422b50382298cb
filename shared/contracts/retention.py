"""Compiles how long rows are kept, if a contract has older ones deleted."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.contracts.duration import DAY, seconds
from shared.contracts.expression import unknown_columns
from shared.contracts.landed import LANDED_COLUMNS
from shared.contracts.model import Disposition
from shared.landed_columns import INGESTED_AT
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import SlaProperty
    from shared.yaml_lines import Path as YamlPath

EXPIRES, RETENTION = "expireRows", "retention"
SNAPSHOTS = "snapshotRetention"
UNITS = {**dict.fromkeys(("d", "day", "days"), "days"), **dict.fromkeys(("y", "year", "years"), "years")}
# Limits, so that a mistyped extra digit is refused.
LONGEST = {"days": 36_500, "years": 100}


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Rows are deleted once their `column` is more than so many years or days before the business date."""

    column: str
    years: int = 0
    days: int = 0

    def horizon(self, business_date: date) -> date:
        """The first day that is kept; for a 29 February that the earlier year lacks, the 28th."""
        year = business_date.year - self.years
        day = min(business_date.day, monthrange(year, business_date.month)[1])
        return business_date.replace(year=year, day=day) - timedelta(days=self.days)

    def __str__(self) -> str:
        """In words, such as `7 years by ordered_at`."""
        span = f"{self.years} years" if self.years else f"{self.days} days"
        return f"{span} by {self.column}"


def compile_retention(
    document: Document,
    custom: Mapping[str, Any],
    columns: Sequence[Column],
    key: Sequence[str],
    sequence_by: Sequence[str],
) -> Retention | None:
    """Compile the contract's `retention` if `expireRows` is true, or the `snapshotRetention` of a landed table.

    Args:
        document: The contract.
        custom: The table's custom properties.
        columns: The table's columns.
        key: Its key.
        sequence_by: What orders the versions of a key.

    Returns:
        How long rows, or the older snapshots of a landed table, are kept; None is for ever.

    Raises:
        ContractError: there is no `retention` or several, it is no span of time, or its element cannot give the age;
            or a `snapshotRetention` is no number of days, or its table no snapshot.
    """
    if SNAPSHOTS in custom:
        return _of_snapshots(document, custom)
    asked = custom.get(EXPIRES, False)
    at = document.at_custom(EXPIRES)
    if not isinstance(asked, bool):
        raise document.error(f"{EXPIRES} is neither true nor false", at, given=repr(asked), expected="true or false")
    if not asked:
        return None
    if custom.get("writeDisposition") != Disposition.MERGE or custom.get("storedAsScdType", 1) != 1:
        raise document.error(
            f"{EXPIRES} on a table whose rows do not go one by one",
            at,
            expected="writeDisposition merge and no history: a snapshot is what its last one says",
            mend="of a history, eventRetention says how long events are kept",
        )
    found = [(i, sla) for i, sla in enumerate(document.contract.slaProperties) if sla.property == RETENTION]
    if len(found) != 1:
        raise document.error(
            f"{EXPIRES} needs one retention under slaProperties",
            at,
            given=f"{len(found)} of them",
            expected=f"{{property: {RETENTION}, value: 7, unit: y, element: {document.schema.name}.<column>}}",
        )
    i, sla = found[0]
    place: YamlPath = ("slaProperties", i)
    return Retention(
        column=_column(document, sla, place, columns, (*sequence_by[:1], *key)), **_span(document, sla, place)
    )


def _of_snapshots(document: Document, custom: Mapping[str, Any]) -> Retention | None:
    kept, at = seconds(document, custom, SNAPSHOTS), document.at_custom(SNAPSHOTS)
    if custom.get("writeDisposition") != Disposition.SNAPSHOT:
        raise document.error(
            f"{SNAPSHOTS} on a table that has no snapshots",
            at,
            given=f"writeDisposition {custom.get('writeDisposition')}",
            expected=f"writeDisposition {Disposition.SNAPSHOT}",
            mend=f"say {EXPIRES} in the contracts of the tables refined from it; its rows then go with theirs",
        )
    if kept is not None and (kept % DAY or not DAY <= kept <= LONGEST["days"] * DAY):
        raise document.error(
            f"{SNAPSHOTS} is no number of days",
            at,
            given=str(custom[SNAPSHOTS]),
            expected=f"such as 90 days; {LONGEST['days']} days at most",
        )
    return Retention(column=INGESTED_AT, days=kept // DAY) if kept else None


def _span(document: Document, sla: SlaProperty, at: YamlPath) -> dict[str, int]:
    unit = UNITS.get(sla.unit or "")
    is_number = isinstance(sla.value, int) and not isinstance(sla.value, bool)
    if unit is None or not is_number or not 0 < sla.value <= LONGEST[unit]:
        raise document.error(
            f"{RETENTION} is no span of time",
            at,
            given=f"value {sla.value}, unit {sla.unit}",
            expected=f"a whole number above 0, with a unit of {', '.join(UNITS)}; {LONGEST['years']} years at most",
        )
    return {unit: sla.value}


def _column(
    document: Document, sla: SlaProperty, at: YamlPath, columns: Sequence[Column], steady: Sequence[str]
) -> str:
    """The column that gives the age of a row.

    From one version of a key to the next it must only grow, or never change. Otherwise a key could be deleted by its
    newest version, and come back with an older one that arrives late.
    """
    table, _, name = (sla.element or "").partition(".")
    column = next((c for c in columns if c.name == name), None)
    moments = [c.name for c in columns if c.name in steady and c.type in MOMENTS and c.treatment is None]
    if table != document.schema.name or column is None or name not in moments:
        raise document.error(
            f"{RETENTION} is about an element by which rows cannot go",
            at,
            given=str(sla.element),
            expected=" or ".join(f"{document.schema.name}.{m}" for m in moments)
            or "a date or timestamp that is first in sequenceBy or part of the key, and not treated",
        )
    added = {c.name for c in LANDED_COLUMNS}
    if own := added & set(unknown_columns(column.logic or f"`{name}`", ())):
        raise document.error(
            f"{RETENTION} is about when a row was landed",
            at,
            given=f"{name}, made of {', '.join(sorted(own))}",
            expected="a moment that the source tells",
        )
    return name
