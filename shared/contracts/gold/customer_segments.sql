-- Scores look back 365 days from the end of each month. Their cutoffs stand in the contract too.
WITH orders AS (
  SELECT customer_id, order_id, order_date, SUM(amount_eur) AS revenue_eur
  FROM   gold.sales_fact
  WHERE  is_revenue
  GROUP BY customer_id, order_id, order_date
),
month_ends AS (
  SELECT o.customer_id                                AS customer_id,
         d.calendar_date                              AS month_end_date,
         DATEDIFF(d.calendar_date, MAX(o.order_date)) AS recency_days,
         COUNT(CASE WHEN o.order_date > DATE_SUB(d.calendar_date, 365) THEN 1 END) AS orders_365d,
         COALESCE(SUM(CASE WHEN o.order_date > DATE_SUB(d.calendar_date, 365) THEN o.revenue_eur END), 0)
                                                      AS revenue_365d_eur
  FROM   orders AS o
  JOIN   gold.date_dim AS d
    ON   d.is_month_end
   AND   d.calendar_date >= o.order_date
  GROUP BY o.customer_id, d.calendar_date
),
scored AS (
  SELECT customer_id, month_end_date, recency_days, orders_365d, revenue_365d_eur,
         CASE WHEN recency_days <= 30 THEN 5 WHEN recency_days <= 90 THEN 4
              WHEN recency_days <= 180 THEN 3 WHEN recency_days <= 365 THEN 2 ELSE 1 END     AS recency_score,
         CASE WHEN orders_365d >= 10 THEN 5 WHEN orders_365d >= 5 THEN 4
              WHEN orders_365d >= 3 THEN 3 WHEN orders_365d >= 2 THEN 2 ELSE 1 END           AS frequency_score,
         CASE WHEN revenue_365d_eur >= 10000 THEN 5 WHEN revenue_365d_eur >= 5000 THEN 4
              WHEN revenue_365d_eur >= 1000 THEN 3 WHEN revenue_365d_eur >= 100 THEN 2 ELSE 1 END AS monetary_score
  FROM   month_ends
),
standings AS (
  SELECT customer_id, month_end_date, recency_days, orders_365d, revenue_365d_eur,
         recency_score, frequency_score, monetary_score,
         CASE WHEN recency_score >= 4 AND frequency_score >= 4 THEN 6
              WHEN recency_score >= 3 AND frequency_score >= 3 THEN 5
              WHEN recency_score >= 4 THEN 4
              ELSE recency_score END AS standing
  FROM   scored
),
moves AS (
  SELECT customer_id, month_end_date, recency_days, orders_365d, revenue_365d_eur,
         recency_score, frequency_score, monetary_score, standing,
         LAG(standing) OVER (PARTITION BY customer_id ORDER BY month_end_date) AS previous_standing
  FROM   standings
)
SELECT CAST(customer_id AS BIGINT)              AS customer_id,
       CAST(month_end_date AS DATE)             AS month_end_date,
       CAST(recency_days AS INT)                AS recency_days,
       CAST(orders_365d AS BIGINT)              AS orders_365d,
       CAST(revenue_365d_eur AS DECIMAL(19, 4)) AS revenue_365d_eur,
       CAST(recency_score AS INT)               AS recency_score,
       CAST(frequency_score AS INT)             AS frequency_score,
       CAST(monetary_score AS INT)              AS monetary_score,
       CAST(ELT(standing, 'lost', 'at_risk', 'needs_attention', 'promising', 'loyal', 'champion') AS STRING) AS segment,
       CAST(ELT(previous_standing, 'lost', 'at_risk', 'needs_attention', 'promising', 'loyal', 'champion') AS STRING)
                                                AS previous_segment,
       CAST(CASE WHEN previous_standing IS NULL THEN 'entered' WHEN standing > previous_standing THEN 'up'
                 WHEN standing < previous_standing THEN 'down' ELSE 'same' END AS STRING) AS movement
FROM   moves
