"""What the sources hold on each day of the demo, as rows of text: read from the very files that are delivered."""

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from functools import cache

import fastavro

from scripts.sources.delivered_events import redshift_files
from scripts.sources.delivered_files import RATES_MEMBER, crm_files, rates_archive, snowflake_files
from scripts.sources.made_up import made_up_files
from scripts.sources.order_events import EVENTS_TOPIC, messages, schema_files
from scripts.sources.salesforce.records import salesforce_records

ENTITIES = {
    "SALESORDERHEADER": "snowflake__orders",
    "SALESORDERDETAIL": "snowflake__order_lines",
    "CUSTOMER": "snowflake__customers",
    "PERSON": "snowflake__persons",
    "STORE": "snowflake__stores",
    "PRODUCT": "snowflake__products",
    "PRODUCTCATEGORY": "snowflake__product_categories",
    "PRODUCTSUBCATEGORY": "snowflake__product_subcategories",
    "ADDRESS": "snowflake__addresses",
}
OBJECTS = {
    "Account": "salesforce__accounts",
    "Contact": "salesforce__contacts",
    "Opportunity": "salesforce__opportunities",
    "OpportunityHistory": "salesforce__opportunity_history",
    "Lead": "salesforce__leads",
    "Campaign": "salesforce__campaigns",
    "CampaignMember": "salesforce__campaign_members",
    "Case": "salesforce__cases",
    "Task": "salesforce__tasks",
}
RATES = "ecb__fx_rates"
EVENTS = "redshift__behaviour_events"
ORDER_EVENTS = "kafka__order_events"
UNDECODABLE = re.compile("[\udc80-\udcff]")

Row = dict[str, str | None]


@dataclass(frozen=True)
class Malformed:
    """A line of a file that is no row, or a record of a topic: what is wrong with it, and what it says."""

    what: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """The rows of every bronze table, columns in lower case, nothing for null; and what was not a row."""

    rows: dict[str, list[Row]]
    malformed: dict[str, list[Malformed]]


@cache
def day(delivery: int) -> Day:
    """All that the sources hold on the day of a delivery."""
    rows: dict[str, list[Row]] = {}
    malformed: dict[str, list[Malformed]] = {}
    for name, content in (*snowflake_files(delivery), *crm_files(delivery), *made_up_files(delivery)):
        if not name.endswith(".csv"):
            continue
        folders = name.split("/")[:-1]
        table = "__".join(folders) if folders else ENTITIES[name.removesuffix(".csv")]
        good, bad = _read(content)
        rows.setdefault(table, []).extend(good)
        malformed.setdefault(table, []).extend(bad)
    rows[EVENTS], malformed[EVENTS] = _read(dict(redshift_files(delivery))["web.behaviour_events.csv"])
    for name, records in salesforce_records(delivery).items():
        rows[OBJECTS[name]] = as_rows(records)
    with zipfile.ZipFile(io.BytesIO(rates_archive(delivery))) as archive:
        rows[RATES], malformed[RATES] = _read(archive.read(RATES_MEMBER))
    rows[ORDER_EVENTS], malformed[ORDER_EVENTS] = _events(delivery)
    return Day(rows, malformed)


def as_rows(records: list[dict[str, str]]) -> list[Row]:
    """Records of Salesforce as rows of their bronze table."""
    return [{n.lower(): c or None for n, c in record.items()} for record in records]


def arrived(table: str, delivery: int) -> list[Row]:
    """The rows of a table that were not there on the day before, each once."""
    before = {tuple(row.items()) for row in day(delivery - 1).rows[table]} if delivery > 1 else set()
    return [
        dict(row) for row in dict.fromkeys(tuple(r.items()) for r in day(delivery).rows[table]) if row not in before
    ]


def arrived_malformed(table: str, delivery: int) -> list[Malformed]:
    """What was not a row, and was not there on the day before."""
    before = day(delivery - 1).malformed.get(table, []) if delivery > 1 else []
    return [bad for bad in day(delivery).malformed.get(table, []) if bad not in before]


def _read(content: bytes) -> tuple[list[Row], list[Malformed]]:
    text = content.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    header, *records = csv.reader(io.StringIO(text, newline=""))
    names = [name.lower() for name in header]
    good: list[Row] = []
    bad: list[Malformed] = []
    for cells in records:
        fault = _fault(cells, len(names))
        if fault:
            bad.append(Malformed(fault, tuple(cells)))
        else:
            good.append({n: c or None for n, c in zip(names, cells, strict=True) if n})
    return good, bad


def _events(delivery: int) -> tuple[list[Row], list[Malformed]]:
    schemas = {int(name.rpartition("/")[2].removesuffix(".avsc")): json.loads(text) for name, text in schema_files()}
    names = [f["name"] for f in schemas[max(schemas)]["fields"]]
    good: list[Row] = []
    bad: list[Malformed] = []
    for message in (m for partition in messages(delivery)[EVENTS_TOPIC] for m in partition):
        value = message.value or b""
        fault = "BAD_MAGIC" if value[:1] != b"\0" else None
        number = int.from_bytes(value[1:5], "big")
        fault = fault or (None if number in schemas else "UNKNOWN_SCHEMA")
        try:
            event = {} if fault else fastavro.schemaless_reader(io.BytesIO(value[5:]), schemas[number], None)
        except (EOFError, ValueError, IndexError):
            fault = "DECODE"
        if fault:
            bad.append(Malformed(fault, (message.key.decode(), value.hex())))
        else:
            good.append({n: None if event.get(n) is None else str(event[n]) for n in names})
    return good, bad


def _fault(cells: list[str], width: int) -> str | None:
    if len(cells) != width:
        return "short" if len(cells) < width else "long"
    return "bytes" if any(UNDECODABLE.search(cell) for cell in cells) else None
