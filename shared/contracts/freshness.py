"""Compiles how old a table may be from a contract's `slaProperties`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.contracts.duration import DAY
from shared.contracts.duration import UNITS as SECONDS
from shared.contracts.source import CONNECTORS
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import SlaProperty
    from shared.contracts.source_model import Source
    from shared.yaml_lines import Path as YamlPath

FRESHNESS = "freshness"
UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), SECONDS["minute"]),
    **dict.fromkeys(("h", "hour", "hours"), SECONDS["hour"]),
    **dict.fromkeys(("d", "day", "days"), DAY),
}
# Step Functions keeps executions for 90 days; without them it is unknown which runs there were.
LONGEST = 60 * DAY


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """The greatest age of a table: at most `seconds` since a run brought it up to date.

    With a `cursor`, that is the age of the greatest value read from that column of the source.
    """

    seconds: int
    cursor: str | None = None


def compile_freshness(document: Document, columns: tuple[Column, ...], source: Source | None) -> Freshness | None:
    """Compile the contract's `freshness`; None if it promises none.

    Raises:
        ContractError: there are two, it is no span of time, or it is about a column whose newest value no run reports.
    """
    found = [(i, sla) for i, sla in enumerate(document.contract.slaProperties) if sla.property == FRESHNESS]
    if not found:
        return None
    if len(found) > 1:
        raise document.error("freshness is promised twice", ("slaProperties", found[1][0]), mend="keep one of them")
    i, sla = found[0]
    at: YamlPath = ("slaProperties", i)
    return Freshness(seconds=_seconds(document, sla, at), cursor=_cursor(document, sla, at, columns, source))


def _seconds(document: Document, sla: SlaProperty, at: YamlPath) -> int:
    given, unit = sla.value, UNITS.get(sla.unit or "")
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if unit is None or not is_number or not 0 < given * unit <= LONGEST:
        raise document.error(
            "freshness is no span of time",
            at,
            given=f"value {given}, unit {sla.unit}",
            expected=f"a number greater than 0, with a unit of {', '.join(UNITS)}; {LONGEST // DAY} days at most",
        )
    return int(given * unit)


def _cursor(
    document: Document, sla: SlaProperty, at: YamlPath, columns: tuple[Column, ...], source: Source | None
) -> str | None:
    table, _, column = (sla.element or document.schema.name).partition(".")
    if table == document.schema.name and not column:
        return None
    cursor = source.cursor if source else None
    of_type = next((c.type for c in columns if c.name == cursor), "")
    # Salesforce's moments are text in bronze.
    is_moment = of_type.startswith(MOMENTS) or bool(cursor and source and source.type in CONNECTORS)
    if table != document.schema.name or column != cursor or not is_moment:
        possible = [document.schema.name, *([f"{document.schema.name}.{cursor}"] if is_moment else [])]
        raise document.error(
            "freshness is about an element that no run tells the newest of",
            at,
            given=str(sla.element),
            expected=" or ".join(possible),
            mend="name the table: what counts then is the last run that brought it up to date",
        )
    return column
