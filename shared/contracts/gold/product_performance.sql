WITH months AS (
  SELECT TRUNC(f.order_date, 'MONTH')       AS order_month,
         f.product_id                       AS product_id,
         p.product_name                     AS product_name,
         p.category_name                    AS category_name,
         COUNT(DISTINCT f.order_id)         AS orders,
         SUM(f.quantity)                    AS units,
         CAST(SUM(f.amount_usd) AS DECIMAL(19, 4))                     AS revenue_usd,
         CAST(SUM(f.amount_eur) AS DECIMAL(19, 4))                     AS revenue_eur,
         CAST(SUM(f.quantity * p.standard_cost_usd) AS DECIMAL(19, 4)) AS cost_usd,
         SUM(f.returned_quantity)           AS returned_units,
         CAST(SUM(f.returned_usd) AS DECIMAL(19, 4))                   AS returned_usd
  FROM   gold.sales_fact AS f
  LEFT JOIN gold.product_dim AS p
    ON   p.product_id = f.product_id
  WHERE  f.is_revenue
  GROUP BY TRUNC(f.order_date, 'MONTH'), f.product_id, p.product_name, p.category_name
)
SELECT CAST(order_month AS DATE)           AS order_month,
       CAST(product_id AS BIGINT)          AS product_id,
       CAST(product_name AS STRING)        AS product_name,
       CAST(category_name AS STRING)       AS category_name,
       CAST(orders AS BIGINT)              AS orders,
       CAST(units AS BIGINT)               AS units,
       CAST(revenue_usd AS DECIMAL(19, 4)) AS revenue_usd,
       CAST(revenue_eur AS DECIMAL(19, 4)) AS revenue_eur,
       CAST(cost_usd AS DECIMAL(19, 4))    AS cost_usd,
       CAST(revenue_usd - cost_usd AS DECIMAL(19, 4)) AS margin_usd,
       CAST(CASE WHEN revenue_usd > 0 THEN 100 * (revenue_usd - cost_usd) / revenue_usd END AS DECIMAL(19, 2))
                                           AS margin_pct,
       CAST(returned_units AS BIGINT)      AS returned_units,
       CAST(returned_usd AS DECIMAL(19, 4)) AS returned_usd,
       CAST(100 * returned_units / units AS DECIMAL(19, 2)) AS return_rate_pct,
       CAST(RANK() OVER (PARTITION BY order_month, category_name ORDER BY revenue_usd DESC) AS INT) AS rank_in_category
FROM   months
