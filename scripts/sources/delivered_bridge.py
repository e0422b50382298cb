"""A made-up source that links the clicks of 2024 to the orders of 2011 and to the campaigns of the CRM.

The samples of the shop, its clickstream and its CRM come from three unrelated places. This file says which campaign
brought a visit, and which order a click on `purchase` led to. It is generated from the samples by a rule, so it is the
same on every machine.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from scripts.sources.delivered_events import sample_events
from scripts.sources.delivered_files import sample_orders, written
from scripts.sources.deliveries import EVENTS_UPTO, FILE_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

SILENCE = timedelta(minutes=30)
PURCHASE = "purchase"
FOLDER = "synthetic/click_bridge"
# The CRM's campaigns are numbered up to this in their External_id__c.
CAMPAIGNS = 8
# So many of 256 visits came from a campaign.
CAME_BY_CAMPAIGN = 150
# Every third order was placed in the web shop by a visitor whose clicks are known.
ORDER_STEP = 3

Link = dict[str, str]


def bridge_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The files for the landing place, one per day up to a delivery."""
    links = _links()
    early = [link for link in links if link["clicked_at"] <= EVENTS_UPTO]
    yield f"{FOLDER}/{FILE_DAYS[1]}.csv", written(early).encode()
    if delivery > 1:
        late = [link for link in links if link["clicked_at"] > EVENTS_UPTO]
        yield f"{FOLDER}/{FILE_DAYS[2]}.csv", written(late).encode()


def _links() -> list[Link]:
    """One link per click that began a visit from a campaign or led to an order; a click that did both has one."""
    clicks = sorted((row["user_id"], row["timestamp"], row["event"]) for row in sample_events())
    found: dict[tuple[str, str], Link] = {}
    for visitor, moments in groupby(clicks, key=lambda click: click[0]):
        for moment in _beginnings([click[1] for click in moments]):
            if campaign := _campaign(visitor, moment):
                found[visitor, moment] = _link(visitor, moment, campaign_code=campaign)
    purchases = sorted({(moment, visitor) for visitor, moment, event in clicks if event == PURCHASE})
    for (moment, visitor), order in zip(purchases, _orders(), strict=False):
        known = found.get((visitor, moment)) or _link(visitor, moment)
        found[visitor, moment] = known | {"order_id": order}
    return [found[key] for key in sorted(found)]


def _link(visitor: str, moment: str, campaign_code: str = "") -> Link:
    return {"visitor_id": visitor, "clicked_at": moment, "campaign_code": campaign_code, "order_id": ""}


def _beginnings(moments: list[str]) -> Iterator[str]:
    """The moments at which a visit begins: those after a gap of more than half an hour."""
    last = None
    for text in moments:
        moment = datetime.fromisoformat(text)
        if last is None or moment - last > SILENCE:
            yield text
        last = moment


def _campaign(visitor: str, moment: str) -> str:
    digest = hashlib.sha256(f"{visitor} {moment}".encode()).digest()
    return f"Campaign_{digest[1] % CAMPAIGNS + 1}" if digest[0] < CAME_BY_CAMPAIGN else ""


def _orders() -> list[str]:
    return sorted((row["salesorderid"] for row in sample_orders()), key=int)[::ORDER_STEP]
