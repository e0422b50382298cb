"""Segments of customers month by month in plain Python, and the one row that says all of a customer."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow as pa

from tests.oracle.products import MONEY, keep

STANDING = ("lost", "at_risk", "needs_attention", "promising", "loyal", "champion")
YEAR = dt.timedelta(days=365)
UNIT = Decimal("0.0001")

SEGMENTS = {
    "customer_id": pa.int64(),
    "month_end_date": pa.date32(),
    "recency_days": pa.int32(),
    "orders_365d": pa.int64(),
    "revenue_365d_eur": MONEY,
    "recency_score": pa.int32(),
    "frequency_score": pa.int32(),
    "monetary_score": pa.int32(),
    "segment": pa.string(),
    "previous_segment": pa.string(),
    "movement": pa.string(),
}
WHOLE = {
    "customer_id": pa.int64(),
    "customer_kind": pa.string(),
    "territory_id": pa.int64(),
    "store_name": pa.string(),
    "first_order_date": pa.date32(),
    "last_order_date": pa.date32(),
    "orders": pa.int64(),
    "open_orders": pa.int64(),
    "lifetime_revenue_eur": MONEY,
    "average_order_eur": MONEY,
    "segment": pa.string(),
    "previous_segment": pa.string(),
    "segment_date": pa.date32(),
    "favourite_product_id": pa.int64(),
    "favourite_product_name": pa.string(),
}


def build_segments(db: duckdb.DuckDBPyConnection) -> None:
    """Make `gold.customer_segments` and `gold.customer_360`."""
    orders: dict[int, dict[int, tuple[dt.date, Decimal]]] = defaultdict(dict)
    for customer, order, day, eur in db.execute(
        "SELECT customer_id, order_id, order_date, amount_eur FROM sold"
    ).fetchall():
        _, before = orders[customer].get(order, (day, Decimal(0)))
        orders[customer][order] = (day, before + eur)
    ends = [
        d for (d,) in db.execute("SELECT calendar_date FROM gold.date_dim WHERE is_month_end ORDER BY 1").fetchall()
    ]
    rows = [row for customer, made in orders.items() for row in _months(customer, list(made.values()), ends)]
    keep(db, "gold.customer_segments", SEGMENTS, rows)
    _whole_customers(db, {row[0]: row for row in rows})


def _months(customer: int, orders: list[tuple[dt.date, Decimal]], ends: list[dt.date]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    before = None
    for end in ends:
        made = [(day, eur) for day, eur in orders if day <= end]
        if not made:
            continue
        recent = [eur for day, eur in made if end - day < YEAR]
        recency, spent = (end - max(day for day, _ in made)).days, sum(recent, Decimal(0))
        scores = (
            5 - sum(recency > days for days in (30, 90, 180, 365)),
            1 + sum(len(recent) >= orders for orders in (2, 3, 5, 10)),
            1 + sum(spent >= eur for eur in (100, 1000, 5000, 10000)),
        )
        segment = _segment(*scores[:2])
        movement = _movement(before, segment)
        rows.append((customer, end, recency, len(recent), spent, *scores, segment, before, movement))
        before = segment
    return rows


def _segment(recency: int, frequency: int) -> str:
    if min(recency, frequency) >= 4:
        return "champion"
    if min(recency, frequency) >= 3:
        return "loyal"
    return {5: "promising", 4: "promising", 3: "needs_attention", 2: "at_risk", 1: "lost"}[recency]


def _movement(before: str | None, segment: str) -> str:
    if before is None:
        return "entered"
    climbed = STANDING.index(segment) - STANDING.index(before)
    return "up" if climbed > 0 else "down" if climbed < 0 else "same"


def _whole_customers(db: duckdb.DuckDBPyConnection, last: dict[int, tuple[object, ...]]) -> None:
    pieces: dict[int, Counter[int]] = defaultdict(Counter)
    for customer, product, quantity in db.execute("SELECT customer_id, product_id, quantity FROM sold").fetchall():
        pieces[customer][product] += quantity
    names = dict(db.execute("SELECT product_id, product_name FROM silver.products").fetchall())
    done = "('shipped', 'cancelled', 'rejected')"
    waiting = Counter(
        c for (c,) in db.execute(f"SELECT customer_id FROM silver.orders WHERE status NOT IN {done}").fetchall()
    )
    rows = []
    for customer, *facts, orders, _, eur in db.execute("SELECT * FROM gold.customer_dim").fetchall():
        bought = pieces[customer]
        favourite = min(bought, key=lambda product: (-bought[product], product)) if bought else None
        average = (eur / orders).quantize(UNIT, ROUND_HALF_UP) if orders else None
        segment = last.get(customer)
        now = (segment[8], segment[9], segment[1]) if segment else (None, None, None)
        counts = (orders, waiting[customer], eur, average)
        rows.append((customer, *facts, *counts, *now, favourite, names.get(favourite)))
    keep(db, "gold.customer_360", WHOLE, rows)
