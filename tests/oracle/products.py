"""Products, what they sold and the calendar, from the silver tables and the oracle's own sales."""

import datetime as dt
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pyarrow as pa

PRODUCTS = """
CREATE OR REPLACE TABLE gold.product_dim AS
SELECT p.product_id, p.product_number, p.product_name, p.product_subcategory_id AS subcategory_id,
       (SELECT c.category_name FROM silver.product_categories c WHERE c.category_id =
          (SELECT s.category_id FROM silver.product_subcategories s WHERE s.subcategory_id = p.product_subcategory_id)
       ) AS category_name,
       (SELECT s.subcategory_name FROM silver.product_subcategories s WHERE s.subcategory_id = p.product_subcategory_id)
         AS subcategory_name,
       p.product_line, p.product_class, p.color, p.is_made_in_house, p.is_sellable, p.standard_cost_usd,
       p.list_price_usd,
       (rounded((units(p.list_price_usd) - units(p.standard_cost_usd)) * 10000, nullif(units(p.list_price_usd), 0))
          * 0.01)::DECIMAL(19, 2) AS list_margin_pct,
       p.sold_since_date
FROM silver.products p
"""
CENT = Decimal("0.01")
MONEY = pa.decimal128(19, 4)


def build_products(db: duckdb.DuckDBPyConnection) -> None:
    """Make `gold.product_dim`, `gold.product_performance` and `gold.date_dim`."""
    db.execute(PRODUCTS)
    _performance(db)
    _calendar(db)


def _performance(db: duckdb.DuckDBPyConnection) -> None:
    """Month by month in plain Python: sums, margins, and the places within a category."""
    known = {
        key: facts
        for key, *facts in db.execute(
            "SELECT product_id, product_name, category_name, standard_cost_usd FROM gold.product_dim"
        ).fetchall()
    }
    lines = defaultdict(list)
    for day, product, *line in db.execute(
        "SELECT order_date, product_id, order_id, quantity, amount_usd, amount_eur, returned_quantity, returned_usd"
        " FROM sold"
    ).fetchall():
        lines[day.replace(day=1), product].append(line)
    rows = []
    for (month, product), sold in lines.items():
        name, category, cost = known.get(product, (None, None, None))
        orders = {order for order, *_ in sold}
        pieces, usd, eur, back, usd_back = (sum(figures) for figures in list(zip(*sold, strict=True))[1:])
        spent = None if cost is None else pieces * cost
        margin = None if spent is None else usd - spent
        share = None if margin is None or not usd else (100 * margin / usd).quantize(CENT, ROUND_HALF_UP)
        rate = (100 * Decimal(back) / pieces).quantize(CENT, ROUND_HALF_UP)
        rows.append(
            (month, product, name, category, len(orders), pieces, usd, eur, spent, margin, share, back, usd_back, rate)
        )
    places = defaultdict(list)
    for row in rows:
        places[row[0], row[3]].append(row[6])
    ranked = [(*row, 1 + sum(other > row[6] for other in places[row[0], row[3]])) for row in rows]
    columns = {
        "order_month": pa.date32(),
        "product_id": pa.int64(),
        "product_name": pa.string(),
        "category_name": pa.string(),
        "orders": pa.int64(),
        "units": pa.int64(),
        "revenue_usd": MONEY,
        "revenue_eur": MONEY,
        "cost_usd": MONEY,
        "margin_usd": MONEY,
        "margin_pct": pa.decimal128(19, 2),
        "returned_units": pa.int64(),
        "returned_usd": MONEY,
        "return_rate_pct": pa.decimal128(19, 2),
        "rank_in_category": pa.int32(),
    }
    keep(db, "gold.product_performance", columns, ranked)


def _calendar(db: duckdb.DuckDBPyConnection) -> None:
    """The days by the standard library's calendar."""
    [(first, last)] = db.execute("SELECT min(ordered_at)::DATE, max(ordered_at)::DATE FROM silver.orders").fetchall()
    published = {day for (day,) in db.execute("SELECT DISTINCT rate_date FROM silver.fx_rates").fetchall()}
    day, rows = first.replace(day=1), []
    while (day.year, day.month) <= (last.year, last.month):
        iso, tomorrow = day.isocalendar(), day + dt.timedelta(days=1)
        start, is_weekend = day.replace(day=1), iso.weekday in (6, 7)
        parts = (day.year, (day.month + 2) // 3, day.month, start, iso.year, iso.week, iso.weekday)
        rows.append((day, *parts, is_weekend, tomorrow.day == 1, day in published))
        day = tomorrow
    names = ("year", "quarter", "month", "month_start_date", "iso_year", "iso_week", "iso_weekday")
    columns = {"calendar_date": pa.date32()} | dict.fromkeys(names, pa.int32()) | {"month_start_date": pa.date32()}
    flags = dict.fromkeys(("is_weekend", "is_month_end", "is_ecb_rate_day"), pa.bool_())
    keep(db, "gold.date_dim", columns | flags, rows)


def keep(
    db: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: list[tuple[object, ...]]
) -> None:
    """Make a table of rows that were worked out in Python."""
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    db.register("worked_out", pa.table({n: pa.array(c, t) for (n, t), c in zip(columns.items(), cells, strict=True)}))
    db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM worked_out")
    db.unregister("worked_out")
