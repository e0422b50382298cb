"""The built tables, from the silver ones, computed another way than the lake computes them.

Amounts are whole numbers of ten-thousandths, rounded half away from zero once; the rate of a day is found by an ASOF
join over the published days, not by periods.
"""

import duckdb

from tests.oracle.clicks import build_clicks
from tests.oracle.pipeline import build_pipeline
from tests.oracle.products import build_products
from tests.oracle.segments import build_segments

UNITS = "CREATE OR REPLACE MACRO units(amount) AS CAST(amount * 10000 AS HUGEINT)"
AMOUNT = "CREATE OR REPLACE MACRO amount(units) AS CAST(units * CAST(0.0001 AS DECIMAL(5, 4)) AS DECIMAL(19, 4))"
ROUNDED = "CREATE OR REPLACE MACRO rounded(part, whole) AS sign(part) * ((2 * abs(part) + whole) // (2 * whole))"

PERIODS = """
CREATE OR REPLACE TABLE silver.fx_rate_periods AS
SELECT r.currency_code, r.rate_date AS valid_from, coalesce(n.rate_date, DATE '9999-12-31') AS valid_to, r.rate
FROM silver.fx_rates r
ASOF LEFT JOIN silver.fx_rates n ON n.currency_code = r.currency_code AND r.rate_date < n.rate_date
"""

SALES = """
CREATE OR REPLACE TABLE gold.sales_fact AS
WITH lines AS (
  SELECT l.*, o.customer_id, o.ordered_at::DATE AS order_date, o.currency_code, o.status,
         rounded(l.quantity * units(l.unit_price_usd) * (10000 - units(l.discount)), 10000) AS usd,
         coalesce((SELECT sum(r.quantity) FROM silver.order_returns r
                   WHERE r.order_id = l.order_id AND r.line_id = l.line_id), 0)::BIGINT AS back
  FROM silver.order_lines l JOIN silver.orders o USING (order_id)
), returned AS (
  SELECT *, rounded(back * units(unit_price_usd) * (10000 - units(discount)), 10000) AS usd_back FROM lines
)
SELECT l.order_id, l.line_id, l.customer_id, l.product_id, l.order_date, l.status AS order_status,
       l.status <> 'cancelled' AND l.status <> 'rejected' AS is_revenue, l.quantity, l.currency_code,
       l.unit_price_usd, l.discount, amount(l.usd) AS amount_usd,
       amount(rounded(l.usd * 1000000, CAST(r.rate * 1000000 AS HUGEINT))) AS amount_eur,
       l.back AS returned_quantity, amount(l.usd_back) AS returned_usd,
       amount(rounded(l.usd_back * 1000000, CAST(r.rate * 1000000 AS HUGEINT))) AS returned_eur
FROM returned l
ASOF LEFT JOIN silver.fx_rates r ON r.currency_code = l.currency_code AND l.order_date >= r.rate_date
"""

SOLD = "CREATE OR REPLACE TEMP VIEW sold AS SELECT * FROM gold.sales_fact WHERE is_revenue"

REVENUE = """
CREATE OR REPLACE TABLE gold.daily_revenue AS
SELECT d.order_date, coalesce(s.orders, 0) AS orders, coalesce(c.orders, 0) AS cancelled_orders,
       coalesce(s.lines, 0) AS lines, coalesce(s.units, 0)::BIGINT AS units,
       coalesce(s.usd, 0)::DECIMAL(19, 4) AS revenue_usd, coalesce(s.eur, 0)::DECIMAL(19, 4) AS revenue_eur
FROM (SELECT DISTINCT order_date FROM gold.sales_fact) d
LEFT JOIN (
  SELECT order_date, count(DISTINCT order_id) AS orders, count(*) AS lines, sum(quantity) AS units,
         sum(amount_usd) AS usd, sum(amount_eur) AS eur
  FROM sold GROUP BY order_date
) s USING (order_date)
LEFT JOIN (
  SELECT order_date, count(DISTINCT order_id) AS orders FROM gold.sales_fact WHERE NOT is_revenue GROUP BY order_date
) c USING (order_date)
"""

CUSTOMERS = """
CREATE OR REPLACE TABLE gold.customer_dim AS
SELECT c.customer_id, c.customer_kind, c.territory_id,
       (SELECT s.store_name FROM silver.stores s WHERE s.store_id = c.store_id) AS store_name,
       b.first_order_date, b.last_order_date, coalesce(b.orders, 0) AS orders,
       coalesce(b.usd, 0)::DECIMAL(19, 4) AS lifetime_revenue_usd,
       coalesce(b.eur, 0)::DECIMAL(19, 4) AS lifetime_revenue_eur
FROM silver.customers c
LEFT JOIN (
  SELECT customer_id, min(order_date) AS first_order_date, max(order_date) AS last_order_date,
         count(DISTINCT order_id) AS orders, sum(amount_usd) AS usd, sum(amount_eur) AS eur
  FROM sold GROUP BY customer_id
) b USING (customer_id)
"""


# What the CRM's files know, and over it what Salesforce knows.
DEALS = """
CREATE OR REPLACE TABLE silver.deals AS
SELECT *, 'silver.salesforce_opportunities' AS flow FROM silver.salesforce_opportunities
UNION ALL BY NAME
SELECT * EXCLUDE (forecast_category, fiscal_year, fiscal_quarter), 'silver.opportunities' AS flow
FROM silver.opportunities ANTI JOIN silver.salesforce_opportunities USING (opportunity_id)
"""


def build_gold(db: duckdb.DuckDBPyConnection) -> None:
    """Make the built tables from `silver.*`."""
    db.execute("CREATE SCHEMA IF NOT EXISTS gold")
    for statement in (DEALS, UNITS, AMOUNT, ROUNDED, PERIODS, SALES, SOLD, REVENUE, CUSTOMERS):
        db.execute(statement)
    build_products(db)
    build_segments(db)
    build_clicks(db)
    build_pipeline(db)
