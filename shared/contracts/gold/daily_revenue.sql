SELECT CAST(order_date AS DATE)                 AS order_date,
       CAST(COUNT(DISTINCT order_id) AS BIGINT) AS orders,
       CAST(COUNT(*) AS BIGINT)                 AS lines,
       CAST(SUM(quantity) AS BIGINT)            AS units,
       CAST(SUM(amount_usd) AS DECIMAL(19, 4))  AS revenue_usd,
       CAST(SUM(amount_eur) AS DECIMAL(19, 4))  AS revenue_eur
FROM   gold.sales_fact
GROUP BY order_date
