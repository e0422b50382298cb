"""The records of the demo's Salesforce org on each day: two exports of samples, as the Bulk API writes them.

The banking records (`samples/crm_salesforce`) are also those of the CRM files. The generator sales
(`samples/salesforce_history`) have a history of stages. Neither set has everything that Salesforce has; this module
fills in the rest.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.sources.salesforce.changes import CHANGES, HELD_BACK

if TYPE_CHECKING:
    from scripts.sources.salesforce.org import Record

SAMPLES = Path(__file__).parents[2] / "samples"
BANKING, GENERATORS = SAMPLES / "crm_salesforce", SAMPLES / "salesforce_history"
OBJECTS = (
    "Account",
    "Contact",
    "Opportunity",
    "OpportunityHistory",
    "Lead",
    "Campaign",
    "CampaignMember",
    "Case",
    "Task",
)
# Columns that a report has added to the export.
NOT_SALESFORCE = {
    "OpportunityHistoryKey",
    "Opportunity Lifecycle (Days)",
    "Opp Creation Date_Simulated",
    "Opp Close Date_Simulated",
}
COMPOUNDS = {"BillingAddress", "ShippingAddress", "MailingAddress", "OtherAddress", "Address"}
FLAGS = re.compile(r"(Is|Has|DoNot|Can)[A-Z]\w*")
EXPORTED_AT = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+)\+0000")
REPORTED_AT = re.compile(r"\d\d/\d\d/\d\d( \d\d:\d\d [AP]M)?")
# When the generator sales were loaded, which their accounts and contacts do not have.
LOADED_AT = "2026-02-23T20:55:00.000Z"
# Deals lost from this day on were won before; delivery 1 is from before it.
SECOND_DAY = "2026-03-07"


def salesforce_records(delivery: int) -> dict[str, list[Record]]:
    """The records of every object on the day of a delivery, deleted ones included."""
    objects = {name: [*_read(BANKING, name), *_read(GENERATORS, name)] for name in OBJECTS}
    fields = {name: list(dict.fromkeys(f for record in records for f in record)) for name, records in objects.items()}
    for name, records in objects.items():
        objects[name] = [
            {f: "false" if FLAGS.fullmatch(f) else "" for f in fields[name]} | record for record in records
        ]
    return _first_day(objects) if delivery == 1 else _second_day(objects)


def field_types() -> dict[str, str]:
    """The types of fields that the Bulk API treats specially, by `Object.Field`."""
    return {f"{name}.{compound}": "address" for name in OBJECTS for compound in COMPOUNDS}


def _read(folder: Path, name: str) -> list[Record]:
    file = folder / f"{name}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8-sig", newline="") as text:
        return [_as_salesforce(row) for row in csv.DictReader(text)]


def _as_salesforce(row: Record) -> Record:
    record = {name: _cell(name, cell) for name, cell in row.items() if name not in NOT_SALESFORCE}
    stamp = record.get("SystemModstamp") or record.get("LastModifiedDate") or LOADED_AT
    return record | {"SystemModstamp": stamp, "CreatedDate": record.get("CreatedDate") or LOADED_AT}


def _cell(name: str, cell: str) -> str:
    if FLAGS.fullmatch(name):
        return "true" if cell in ("1", "TRUE", "true") else "false"
    if exported := EXPORTED_AT.fullmatch(cell):
        return f"{exported[1]}Z"
    if reported := REPORTED_AT.fullmatch(cell):
        moment = datetime.strptime(cell, "%m/%d/%y %I:%M %p" if reported[1] else "%m/%d/%y").replace(tzinfo=UTC)
        return (
            f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
            if name.endswith(("CreatedDate", "Modstamp", "ModifiedDate"))
            else (f"{moment:%Y-%m-%d}")
        )
    return cell


def _first_day(objects: dict[str, list[Record]]) -> dict[str, list[Record]]:
    history = [
        r | ({"SystemModstamp": r["CreatedDate"]} if r["SystemModstamp"] >= SECOND_DAY else {})
        for r in objects["OpportunityHistory"]
        if r["CreatedDate"] < SECOND_DAY
    ]
    stages = {r["OpportunityId"]: r for r in sorted(history, key=lambda r: r["CreatedDate"])}
    return objects | {
        "OpportunityHistory": history,
        "Opportunity": [_before(r, stages) for r in objects["Opportunity"]],
        **{name: [r for r in objects[name] if r["Id"] not in ids] for name, ids in HELD_BACK.items()},
    }


def _before(record: Record, stages: dict[str, Record]) -> Record:
    """An opportunity as it was before the second day, according to its history."""
    if record["SystemModstamp"] < SECOND_DAY or record["Id"] not in stages:
        return record
    stage = stages[record["Id"]]
    won = stage["StageName"] == "Closed Won"
    taken = ("StageName", "Amount", "Probability", "CloseDate", "ForecastCategory", "ExpectedRevenue")
    stamps = dict.fromkeys(("SystemModstamp", "LastModifiedDate"), stage["CreatedDate"])
    flags = {"IsWon": "true" if won else "false", "IsClosed": "true" if won else "false"}
    return record | {name: stage[name] for name in taken} | stamps | flags


def _second_day(objects: dict[str, list[Record]]) -> dict[str, list[Record]]:
    changed = {(c.object, c.id): c.cells for c in CHANGES}
    return {name: [r | changed.get((name, r["Id"]), {}) for r in records] for name, records in objects.items()}
