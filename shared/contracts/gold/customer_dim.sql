SELECT CAST(c.customer_id AS BIGINT)                         AS customer_id,
       CAST(c.customer_kind AS STRING)                       AS customer_kind,
       CAST(c.territory_id AS BIGINT)                        AS territory_id,
       CAST(s.store_name AS STRING)                          AS store_name,
       CAST(MIN(f.order_date) AS DATE)                       AS first_order_date,
       CAST(MAX(f.order_date) AS DATE)                       AS last_order_date,
       CAST(COUNT(DISTINCT f.order_id) AS BIGINT)            AS orders,
       CAST(COALESCE(SUM(f.amount_usd), 0) AS DECIMAL(19, 4)) AS lifetime_revenue_usd,
       CAST(COALESCE(SUM(f.amount_eur), 0) AS DECIMAL(19, 4)) AS lifetime_revenue_eur
FROM   silver.customers AS c
LEFT JOIN silver.stores AS s
  ON   s.store_id = c.store_id
LEFT JOIN gold.sales_fact AS f
  ON   f.customer_id = c.customer_id
 AND   f.is_revenue
GROUP BY c.customer_id, c.customer_kind, c.territory_id, s.store_name
