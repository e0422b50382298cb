"""What the sources deliver on the two days of the demo, and every row that is not as it should be.

Delivery 1 has the orders changed up to the end of November 2011 and the clicks up to the end of May 2024; delivery 2
has all of them, and the oddities below.
Both are generated from the samples alone, so they are the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

DELIVERIES = (1, 2)
ORDERS_UPTO = "2011-11-30 00:00:00"
RATES_UPTO = "2026-09-30"
EVENTS_UPTO = "2024-05-31 23:59:59"
FILE_DAYS = {1: "2024-01-25", 2: "2024-01-26"}


class How(Enum):
    """What is done to a row of the samples."""

    HELD_BACK = auto()  # left out of delivery 1, unchanged in delivery 2
    CHANGED = auto()  # with other cells in delivery 2
    DOUBLED = auto()  # twice in delivery 2
    REMOVED = auto()  # not in delivery 2
    ADDED = auto()  # a copy of the row with other cells is added in delivery 2


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """One row that makes the second run interesting.

    Attributes:
        source: The table, file or topic.
        row: The key of a row of the samples, or of an event or a return that is generated from one.
        how: What is done to the row.
        what: What is odd about it, in words.
        fate: What the lake does with it, in words.
        cells: The cells that differ.
        surplus: How many cells an added row has too many, or if negative, too few.
        encoding: The encoding in which an added row is written.
        bytes: The bytes that are sent instead of an event, in hex.
    """

    source: str
    row: str
    how: How
    what: str
    fate: str
    cells: dict[str, str] = field(default_factory=dict)
    surplus: int = 0
    encoding: str = "utf-8"
    bytes: str | None = None


ORDERS, LINES, CUSTOMERS = "SALESORDERHEADER", "SALESORDERDETAIL", "CUSTOMER"
EVENTS = "web.behaviour_events"
CONTACTS, OPPORTUNITIES = "contacts", "opportunities"
ORDER_EVENTS, ORDER_CHANGES = "order_events", "shop.sales.salesorderheader"
RETURNS = "order_returns"
MERGED, QUARANTINED, SUPERSEDED = "merged", "quarantined in silver", "superseded"
MALFORMED = "quarantined at ingest"
NEW_YEAR = "2012-01-02 00:00:00"
STAMP = "2024-01-26T08:15:00.000+0000"

ODDITIES = (
    Oddity(source=ORDERS, row="44974", how=How.HELD_BACK, fate=MERGED, what="late: older than the newest order read"),
    Oddity(source=LINES, row="5088", how=How.HELD_BACK, fate=MERGED, what="the late order's line"),
    Oddity(
        source=ORDERS, row="43659", how=How.CHANGED, fate=MERGED, what="cancelled",
        cells={"status": "6", "revisionnumber": "9", "modifieddate": NEW_YEAR},
    ),
    Oddity(
        source=ORDERS, row="43661", how=How.CHANGED, fate=MERGED, what="freight waived",
        cells={"freight": "0", "totaldue": "35880.2482", "revisionnumber": "9", "modifieddate": NEW_YEAR},
    ),
    Oddity(source=ORDERS, row="44990", how=How.DOUBLED, fate=SUPERSEDED, what="an order sent twice"),
    Oddity(source=ORDERS, row="44991", how=How.DOUBLED, fate=SUPERSEDED, what="an order sent twice"),
    Oddity(
        source=ORDERS, row="44987", how=How.ADDED, fate=QUARANTINED, what="negative total",
        cells={"salesorderid": "99001", "rowguid": "odd-99001", "totaldue": "-3953.9884"},
    ),
    Oddity(
        source=ORDERS, row="44987", how=How.ADDED, fate=QUARANTINED, what="no customer",
        cells={"salesorderid": "99002", "rowguid": "odd-99002", "customerid": ""},
    ),
    Oddity(
        source=ORDERS, row="44987", how=How.ADDED, fate=QUARANTINED, what="unknown status",
        cells={"salesorderid": "99003", "rowguid": "odd-99003", "status": "42"},
    ),
    Oddity(
        source=LINES, row="1", how=How.ADDED, fate=QUARANTINED, what="quantity of nothing",
        cells={"salesorderdetailid": "99001", "rowguid": "odd-99001", "orderqty": "0", "modifieddate": NEW_YEAR},
    ),
    Oddity(source=CUSTOMERS, row="1", how=How.REMOVED, fate="deleted", what="no longer a customer"),
    Oddity(
        source=CUSTOMERS, row="2", how=How.CHANGED, fate=MERGED, what="moved to another territory",
        cells={"territoryid": "6"},
    ),
    Oddity(
        source=CONTACTS, row="003Ec00000CyOT7IAN", how=How.CHANGED, fate=MERGED, what="JSON and a line end in a cell",
        cells={"Description": '{"note": "says \\"yes, and\\"",\n "by": "phone"}', "SystemModstamp": STAMP},
    ),
    Oddity(
        source=CONTACTS, row="003Ec00000CyOT7IAN", how=How.ADDED, fate=MALFORMED, what="short row",
        cells={"Id": "003Ec00000Odd01IAN", "SystemModstamp": STAMP}, surplus=-2,
    ),
    Oddity(
        source=CONTACTS, row="003Ec00000CyOT7IAN", how=How.ADDED, fate=MALFORMED, what="long row",
        cells={"Id": "003Ec00000Odd02IAN", "SystemModstamp": STAMP}, surplus=2,
    ),
    Oddity(
        source=CONTACTS, row="003Ec00000CyOT7IAN", how=How.ADDED, fate=MALFORMED, what="a byte that is not UTF-8",
        cells={"Id": "003Ec00000Odd03IAN", "FirstName": "Renée", "SystemModstamp": STAMP}, encoding="latin-1",
    ),
    Oddity(
        source=OPPORTUNITIES, row="006Ec00000AieKFIAZ", how=How.CHANGED, fate=MERGED, what="next stage",
        cells={"StageName": "Negotiation", "Amount": "1200000.00", "SystemModstamp": STAMP},
    ),
    Oddity(
        source=OPPORTUNITIES, row="006Ec00000AieKFIAZ", how=How.ADDED, fate=QUARANTINED, what="amount with commas",
        cells={"Id": "006Ec00000Odd01IAZ", "Amount": "1,049,308.19", "SystemModstamp": STAMP},
    ),
    Oddity(
        source=OPPORTUNITIES, row="006Ec00000AieKFIAZ", how=How.ADDED, fate=QUARANTINED, what="amount that is a word",
        cells={"Id": "006Ec00000Odd02IAZ", "Amount": "n/a", "SystemModstamp": STAMP},
    ),
    Oddity(
        source=EVENTS, row="user_0104 2024-05-30 10:06:00 catalog", how=How.HELD_BACK, fate=MERGED,
        what="late: older than the newest click read",
    ),
    Oddity(
        source=EVENTS, row="user_0215 2024-06-03 10:02:24 add_to_cart", how=How.DOUBLED, fate=SUPERSEDED,
        what="a click sent twice",
    ),
    Oddity(
        source=EVENTS, row="user_0215 2024-06-03 10:02:48 home", how=How.ADDED, fate=QUARANTINED, what="no visitor",
        cells={"user_id": "", "session_id": ""},
    ),
    Oddity(
        source=EVENTS, row="user_0215 2024-06-03 10:02:56 search", how=How.ADDED, fate=QUARANTINED,
        what="a platform nobody knows", cells={"user_id": "user_9999", "platform": "fridge"},
    ),
    Oddity(source=ORDER_EVENTS, row="45107-placed", how=How.DOUBLED, fate=SUPERSEDED, what="an event sent twice"),
    Oddity(
        source=ORDER_EVENTS, row="45108-placed", how=How.ADDED, fate=QUARANTINED, what="an unknown type",
        cells={"event_id": "45108-teleported", "event_type": "teleported"},
    ),
    Oddity(
        source=ORDER_EVENTS, row="45109-placed", how=How.ADDED, fate=MALFORMED, what="BAD_MAGIC",
        bytes=b'{"event": "plain text"}'.hex(),
    ),
    Oddity(
        source=ORDER_EVENTS, row="45110-placed", how=How.ADDED, fate=MALFORMED, what="UNKNOWN_SCHEMA",
        bytes="0000000063" + b"from the future".hex(),
    ),
    Oddity(
        source=ORDER_EVENTS, row="45111-placed", how=How.ADDED, fate=MALFORMED, what="DECODE",
        bytes="0000000002" + "ff" * 4,
    ),
    Oddity(source=RETURNS, row="R30-1", how=How.DOUBLED, fate=SUPERSEDED, what="a return sent twice"),
    Oddity(
        source=RETURNS, row="R1-1", how=How.ADDED, fate=QUARANTINED, what="a return of nothing",
        cells={"return_id": "R99001-1", "quantity": "0"},
    ),
    Oddity(
        source=RETURNS, row="R1-1", how=How.ADDED, fate=QUARANTINED, what="a return of no order",
        cells={"return_id": "R99002-1", "order_id": "99999"},
    ),
    Oddity(source=ORDER_CHANGES, row="43662", how=How.REMOVED, fate="deleted", what="an order struck out"),
)  # fmt: skip


def oddities(source: str, *hows: How) -> list[Oddity]:
    """The oddities of one table or file, of the given kinds."""
    return [o for o in ODDITIES if o.source == source and o.how in hows]
