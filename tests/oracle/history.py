"""The history of customers after a delivery, worked out person by person in plain Python."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa

from tests.oracle.delivered import Row, arrived, day

Moment = datetime
BEGINNING = datetime(1900, 1, 1)  # noqa: DTZ001 - the sources' times are UTC and say no zone
CUSTOMERS, PERSONS = "snowflake__customers", "snowflake__persons"
SNAPSHOT = ("personid", "storeid", "territoryid")


def seen_at(delivery: int) -> Moment:
    """When a delivery's snapshot was seen; a clock that the figures can know stands for the one of the run."""
    return BEGINNING if delivery == 1 else datetime(2100, 1, delivery)  # noqa: DTZ001 - as above


def told_by_delivery(rows: pa.Table, ingested: Iterable[datetime]) -> pa.Table:
    """A table in which each time that a snapshot was landed at is replaced by the one of its delivery."""
    times = {time: seen_at(delivery) for delivery, time in enumerate(ingested, start=1)}
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            told = [times.get(value, value) for value in rows.column(i).to_pylist()]
            rows = rows.set_column(i, field, pa.array(told, field.type))
    return rows


def customers_history(delivery: int) -> list[dict[str, Any]]:
    """Every version of every customer, as the lake must have it after a delivery."""
    persons = _persons(delivery)
    return [row for key, changes in _changes(delivery).items() for row in _versions(key, changes, persons)]


def _persons(delivery: int) -> dict[str, list[tuple[Moment, Row]]]:
    """What each person became and when, oldest first; the first thing known was always so.

    Of several changes of one moment the one delivered last counts.
    """
    found: dict[str, dict[Moment, Row]] = {}
    rows = [row for d in range(1, delivery + 1) for row in arrived(PERSONS, d)]
    for row in sorted(rows, key=lambda r: str(r["modifieddate"])):
        known = found.setdefault(str(row["businessentityid"]), {})
        known[_time(row) if known else BEGINNING] = row
    return {person: list(known.items()) for person, known in found.items()}


def _changes(delivery: int) -> dict[str, list[tuple[Moment, Row | None]]]:
    """What the snapshots said anew of each customer and when; None when it was gone."""
    found: dict[str, list[tuple[Moment, Row | None]]] = {}
    for d in range(1, delivery + 1):
        now = {str(row["customerid"]): row for row in day(d).rows[CUSTOMERS]}
        for key in [k for k, seen in found.items() if seen[-1][1] and k not in now]:
            found[key].append((seen_at(d), None))
        for key, row in now.items():
            last = found[key][-1][1] if key in found else None
            if last is None or [last[c] for c in SNAPSHOT] != [row[c] for c in SNAPSHOT]:
                found.setdefault(key, []).append((seen_at(d), row))
    return found


def _versions(
    key: str, changes: list[tuple[Moment, Row | None]], persons: dict[str, list[tuple[Moment, Row]]]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    ends = [moment for moment, _ in changes[1:]] + [None]
    for (moment, customer), until in zip(changes, ends, strict=True):
        if customer is None:
            rows[-1] |= {"valid_to": moment, "is_current": False}
            continue
        known = persons.get(str(customer["personid"]), [])
        before = [person for since, person in known if since <= moment][-1:]
        later = [(since, person) for since, person in known if since > moment and (until is None or since < until)]
        for since, person in [(moment, before[0] if before else None), *later]:
            _add(
                rows, since, _state(key, customer, person), person, goes_on=bool(rows) and rows[-1]["valid_to"] is None
            )
    return rows


def _add(
    rows: list[dict[str, Any]], since: Moment, state: dict[str, Any], person: Row | None, *, goes_on: bool
) -> None:
    """A new version, or the open one once more when the event changes nothing that is tracked."""
    last = {"changed_at": since, "person_modified_at": _time(person) if person else None}
    if goes_on and {name: rows[-1][name] for name in state} == state:
        rows[-1] |= last
        return
    if goes_on:
        rows[-1] |= {"valid_to": since, "is_current": False}
    rows.append(state | last | {"valid_from": since, "valid_to": None, "is_current": True})


def _state(key: str, customer: Row, person: Row | None) -> dict[str, Any]:
    return {
        "customer_id": int(key),
        "customer_kind": "store" if customer["storeid"] else "person",
        "person_id": _number(customer["personid"]),
        "store_id": _number(customer["storeid"]),
        "territory_id": _number(customer["territoryid"]),
        "person_type": person["persontype"] if person else None,
        "email_promotion": _number(person["emailpromotion"]) if person else None,
    }


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _time(person: Row) -> Moment:
    return datetime.fromisoformat(str(person["modifieddate"]))
