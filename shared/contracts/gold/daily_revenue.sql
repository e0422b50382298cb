SELECT CAST(order_date AS DATE)                AS order_date,
       CAST(COUNT(DISTINCT CASE WHEN is_revenue THEN order_id END) AS BIGINT)     AS orders,
       CAST(COUNT(DISTINCT CASE WHEN NOT is_revenue THEN order_id END) AS BIGINT) AS cancelled_orders,
       CAST(COUNT(CASE WHEN is_revenue THEN 1 END) AS BIGINT)                     AS lines,
       CAST(COALESCE(SUM(CASE WHEN is_revenue THEN quantity END), 0) AS BIGINT)   AS units,
       CAST(COALESCE(SUM(CASE WHEN is_revenue THEN amount_usd END), 0) AS DECIMAL(19, 4)) AS revenue_usd,
       CAST(COALESCE(SUM(CASE WHEN is_revenue THEN amount_eur END), 0) AS DECIMAL(19, 4)) AS revenue_eur
FROM   gold.sales_fact
GROUP BY order_date
