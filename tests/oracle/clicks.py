"""The tables of visits and of attribution, computed another way: visits by what stands before, shares by fractions."""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction

import duckdb
import pyarrow as pa

LOOK_BACK, GRACE = timedelta(days=30), timedelta(minutes=30)
WEEK = 7
RULES = ("first_touch", "last_touch", "linear", "position_based", "time_decay")

# A visit begins where its visitor did nothing in the half hour before; every event belongs to the last beginning.
SESSIONS = """
CREATE OR REPLACE TABLE silver.sessions AS
WITH beginnings AS (
  SELECT DISTINCT visitor_id, event_at AS started_at FROM silver.behaviour_events e
  WHERE NOT EXISTS (
    FROM silver.behaviour_events b WHERE b.visitor_id = e.visitor_id
    AND b.event_at < e.event_at AND b.event_at >= e.event_at - INTERVAL 30 MINUTE
  )
), placed AS (
  SELECT e.*, b.started_at FROM silver.behaviour_events e
  ASOF JOIN beginnings b ON b.visitor_id = e.visitor_id AND e.event_at >= b.started_at
)
SELECT visitor_id || '@' || strftime(started_at, '%Y-%m-%d %H:%M:%S.%f') AS session_id, visitor_id,
       rank() OVER (PARTITION BY visitor_id ORDER BY started_at) AS visit_number, started_at,
       max(event_at) AS ended_at, count(*) AS events, count(*) FILTER (event_name = 'purchase') AS purchases,
       min(platform) FILTER (event_at = started_at) AS platform,
       min(channel_name) FILTER (event_at = started_at) AS channel_name
FROM placed GROUP BY visitor_id, started_at
"""

ORDERS = """
SELECT order_id, sum(amount_eur * 10000)::HUGEINT FROM gold.sales_fact WHERE is_revenue GROUP BY ALL
"""
CLICKS = "SELECT order_id, visitor_id, min(clicked_at) FROM silver.click_bridge GROUP BY ALL"
# A click belongs to its visitor's visit that ends next, if that began by then or does within half an hour.
TOUCHES = """
WITH brought AS (
  SELECT s.session_id, arg_min(b.campaign_code, b.clicked_at) AS campaign_code
  FROM silver.click_bridge b
  ASOF JOIN silver.sessions s ON s.visitor_id = b.visitor_id AND b.clicked_at <= s.ended_at
  WHERE b.campaign_code IS NOT NULL AND s.started_at - b.clicked_at <= INTERVAL 30 MINUTE GROUP BY ALL
)
SELECT s.visitor_id, s.started_at, s.session_id, s.channel_name, coalesce(b.campaign_code, 'none')
FROM silver.sessions s LEFT JOIN brought b USING (session_id)
"""
CAMPAIGNS = f"""
CREATE OR REPLACE TABLE gold.revenue_by_campaign AS
SELECT campaign_code, count(*) AS touches, count(DISTINCT order_id) AS orders,
       {", ".join(f"sum({rule}_eur)::DECIMAL(19, 4) AS {rule}_eur" for rule in RULES)}
FROM gold.marketing_attribution GROUP BY campaign_code
"""


def build_clicks(db: duckdb.DuckDBPyConnection) -> None:
    """Make the tables, from the silver ones and `gold.sales_fact`."""
    db.execute(SESSIONS)
    visits = defaultdict(list)
    for visitor, *visit in db.execute(TOUCHES).fetchall():
        visits[visitor].append(visit)
    clicks = defaultdict(list)
    for order_id, *click in db.execute(CLICKS).fetchall():
        clicks[order_id].append(click)
    rows = [row for order, units in db.execute(ORDERS).fetchall() for row in _attributed(order, units, clicks, visits)]
    names = ("order_id", "touch_number", "touches", "visitor_id", "session_id", "touched_at", "ordered_at")
    names += ("channel_name", "campaign_code", *(f"{rule}_units" for rule in RULES))
    db.register("attributed", pa.table([pa.array(c) for c in zip(*rows, strict=True)], names=names))
    amounts = ", ".join(f"amount({rule}_units) AS {rule}_eur" for rule in RULES)
    units = ", ".join(f"{rule}_units" for rule in RULES)
    db.execute(
        f"CREATE OR REPLACE TABLE gold.marketing_attribution AS SELECT * EXCLUDE ({units}), {amounts} FROM attributed"
    )
    db.execute(CAMPAIGNS)


def shares(ages: list[int]) -> dict[str, list[Fraction]]:
    """What each touch of an order is given by each rule; `ages` are the full days from touch to order, oldest first."""
    count = len(ages)
    decayed = [Fraction(1, 2 ** (age // WEEK)) for age in ages]
    between = [Fraction(1, 5) / (count - 2)] * (count - 2) if count > 2 else []
    ends = [Fraction(2, 5)] if count > 2 else [Fraction(1, count)]
    return {
        "first_touch": [Fraction(i == 0) for i in range(count)],
        "last_touch": [Fraction(i == count - 1) for i in range(count)],
        "linear": [Fraction(1, count)] * count,
        "position_based": ends + between + (ends if count > 1 else []),
        "time_decay": [part / sum(decayed) for part in decayed],
    }


def placed(units: int, parts: list[Fraction]) -> list[int]:
    """Whole units for each part: the rounded sum of the parts so far less what was given before."""
    upto = [int(units * sum(parts[: i + 1]) + Fraction(1, 2)) for i in range(len(parts))]
    return [here - before for here, before in zip(upto, [0, *upto], strict=False)]


def _attributed(order_id: int, units: int, clicks: dict[int, list], visits: dict[str, list]) -> list[tuple]:
    """The touches of an order by the visits of all its visitors, each up to that visitor's first click for it.

    A visit that begins within half an hour after the click is that of the click, whose own event is not known.
    """
    touches = sorted(
        (started_at, session, visitor, ordered_at, channel, campaign)
        for visitor, ordered_at in clicks[order_id]
        for started_at, session, channel, campaign in visits[visitor]
        if ordered_at - LOOK_BACK <= started_at <= ordered_at + GRACE
    )
    ages = [max(ordered_at - started_at, timedelta(0)).days for started_at, _, _, ordered_at, *_ in touches]
    given = [placed(units, parts) for parts in shares(ages).values()] if touches else []
    return [
        (order_id, i + 1, len(touches), visitor, session, started_at, ordered_at, channel, campaign, *amounts)
        for i, ((started_at, session, visitor, ordered_at, channel, campaign), amounts) in enumerate(
            zip(touches, zip(*given, strict=True), strict=True)
        )
    ]
