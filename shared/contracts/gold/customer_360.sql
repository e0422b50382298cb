WITH segments AS (
  SELECT customer_id, segment, previous_segment, month_end_date,
         ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY month_end_date DESC) AS place
  FROM   gold.customer_segments
),
bought AS (
  SELECT l.customer_id, l.product_id, p.product_name, SUM(l.quantity) AS units
  FROM   gold.sales_fact AS l
  LEFT JOIN gold.product_dim AS p
    ON   p.product_id = l.product_id
  WHERE  l.is_revenue
  GROUP BY l.customer_id, l.product_id, p.product_name
),
favourites AS (
  SELECT customer_id, product_id, product_name,
         ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY units DESC, product_id) AS place
  FROM   bought
),
waiting AS (
  SELECT customer_id, COUNT(*) AS open_orders
  FROM   silver.orders
  WHERE  status IN ('in_process', 'approved', 'backordered')
  GROUP BY customer_id
)
SELECT CAST(c.customer_id AS BIGINT)              AS customer_id,
       CAST(c.customer_kind AS STRING)            AS customer_kind,
       CAST(c.territory_id AS BIGINT)             AS territory_id,
       CAST(c.store_name AS STRING)               AS store_name,
       CAST(c.first_order_date AS DATE)           AS first_order_date,
       CAST(c.last_order_date AS DATE)            AS last_order_date,
       CAST(c.orders AS BIGINT)                   AS orders,
       CAST(COALESCE(w.open_orders, 0) AS BIGINT) AS open_orders,
       CAST(c.lifetime_revenue_eur AS DECIMAL(19, 4)) AS lifetime_revenue_eur,
       CAST(CASE WHEN c.orders > 0 THEN c.lifetime_revenue_eur / c.orders END AS DECIMAL(19, 4))
                                                  AS average_order_eur,
       CAST(s.segment AS STRING)                  AS segment,
       CAST(s.previous_segment AS STRING)         AS previous_segment,
       CAST(s.month_end_date AS DATE)             AS segment_date,
       CAST(f.product_id AS BIGINT)               AS favourite_product_id,
       CAST(f.product_name AS STRING)             AS favourite_product_name
FROM   gold.customer_dim AS c
LEFT JOIN segments AS s
  ON   s.customer_id = c.customer_id
 AND   s.place = 1
LEFT JOIN favourites AS f
  ON   f.customer_id = c.customer_id
 AND   f.place = 1
LEFT JOIN waiting AS w
  ON   w.customer_id = c.customer_id
