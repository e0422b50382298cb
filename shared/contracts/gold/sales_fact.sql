-- Products are exact and the quotient has 17 decimals before its one rounding. Rates join orders, not lines: a third
-- of the comparisons. The day of an order is worked out once, not for every period it is held against. Returns of a line
-- have eleven digits, and not a BIGINT's twenty, with which the product would be rounded on its way.
SELECT CAST(l.order_id AS BIGINT)               AS order_id,
       CAST(l.line_id AS BIGINT)                AS line_id,
       CAST(o.customer_id AS BIGINT)            AS customer_id,
       CAST(l.product_id AS BIGINT)             AS product_id,
       CAST(o.order_date AS DATE)               AS order_date,
       CAST(o.status AS STRING)                 AS order_status,
       CAST(o.status NOT IN ('cancelled', 'rejected') AS BOOLEAN) AS is_revenue,
       CAST(l.quantity AS INT)                  AS quantity,
       CAST(o.currency_code AS STRING)          AS currency_code,
       CAST(l.unit_price_usd AS DECIMAL(19, 4)) AS unit_price_usd,
       CAST(l.discount AS DECIMAL(5, 4))        AS discount,
       CAST(l.quantity * l.unit_price_usd * (1 - l.discount) AS DECIMAL(19, 4)) AS amount_usd,
       CAST(CAST(l.quantity * l.unit_price_usd * (1 - l.discount) AS DECIMAL(19, 4)) / r.rate AS DECIMAL(19, 4))
                                                AS amount_eur,
       CAST(COALESCE(b.quantity, 0) AS BIGINT)  AS returned_quantity,
       CAST(COALESCE(b.quantity, 0) * l.unit_price_usd * (1 - l.discount) AS DECIMAL(19, 4)) AS returned_usd,
       CAST(CAST(COALESCE(b.quantity, 0) * l.unit_price_usd * (1 - l.discount) AS DECIMAL(19, 4)) / r.rate
            AS DECIMAL(19, 4))                  AS returned_eur
FROM   (SELECT order_id, customer_id, currency_code, status, CAST(ordered_at AS DATE) AS order_date FROM silver.orders) AS o
LEFT JOIN silver.fx_rate_periods AS r
  ON   r.currency_code = o.currency_code
 AND   o.order_date >= r.valid_from
 AND   o.order_date < r.valid_to
JOIN   silver.order_lines AS l
  ON   l.order_id = o.order_id
LEFT JOIN (SELECT order_id, line_id, CAST(SUM(quantity) AS DECIMAL(11, 0)) AS quantity
           FROM   silver.order_returns
           GROUP BY order_id, line_id) AS b
  ON   b.order_id = l.order_id
 AND   b.line_id = l.line_id
