-- Every model weighs the touches of an order with whole numbers. A touch gets the rounded revenue of all touches up to
-- it less that of the touches before: the parts of an order add up to its revenue, to the last digit, in every model.
-- Weights are INT, so that a quotient has 12 decimals before its one rounding; of BIGINT it would have 6.
-- The event of a click that brought a visit, or made the order, may be refused or come late, so the visit is known by
-- what follows within half an hour; the one before has ended earlier than that.
WITH revenues AS (
  SELECT f.order_id, CAST(SUM(f.amount_eur) AS DECIMAL(19, 4)) AS revenue_eur
  FROM   gold.sales_fact AS f
  WHERE  f.is_revenue
  GROUP BY f.order_id
), campaigns AS (
  SELECT v.session_id, MIN_BY(c.campaign_code, c.clicked_at) AS campaign_code
  FROM   silver.sessions AS v
  JOIN   silver.click_bridge AS c
    ON   c.visitor_id = v.visitor_id
   AND   c.clicked_at >= v.started_at - INTERVAL '30' MINUTE
   AND   c.clicked_at <= v.ended_at
  WHERE  c.campaign_code IS NOT NULL
  GROUP BY v.session_id
), touches AS (
  SELECT b.order_id,
         b.visitor_id,
         b.clicked_at                                                             AS ordered_at,
         r.revenue_eur,
         s.session_id,
         s.started_at,
         s.channel_name,
         c.campaign_code,
         ROW_NUMBER() OVER (PARTITION BY b.order_id ORDER BY s.started_at, s.session_id, b.clicked_at) AS touch_number,
         CAST(COUNT(*) OVER (PARTITION BY b.order_id) AS INT)                    AS touches
  FROM   silver.click_bridge AS b
  LEFT ANTI JOIN silver.click_bridge AS e
    ON   e.order_id = b.order_id
   AND   e.visitor_id = b.visitor_id
   AND   e.clicked_at < b.clicked_at
  JOIN   revenues AS r
    ON   r.order_id = b.order_id
  JOIN   silver.sessions AS s
    ON   s.visitor_id = b.visitor_id
   AND   s.started_at <= b.clicked_at + INTERVAL '30' MINUTE
   AND   s.started_at >= b.clicked_at - INTERVAL '30' DAY
  LEFT JOIN campaigns AS c
    ON   c.session_id = s.session_id
), weights AS (
  SELECT t.*,
         CASE WHEN t.touches <= 2 THEN 1
              WHEN t.touch_number IN (1, t.touches) THEN 2 * (t.touches - 2)
              ELSE 1 END                                                          AS position_weight,
         CASE WHEN t.started_at > t.ordered_at - INTERVAL '7' DAY THEN 16
              WHEN t.started_at > t.ordered_at - INTERVAL '14' DAY THEN 8
              WHEN t.started_at > t.ordered_at - INTERVAL '21' DAY THEN 4
              WHEN t.started_at > t.ordered_at - INTERVAL '28' DAY THEN 2
              ELSE 1 END                                                          AS decay_weight
  FROM   touches AS t
), sums AS (
  SELECT w.*,
         CAST(SUM(w.position_weight) OVER (PARTITION BY w.order_id) AS INT)       AS position_total,
         CAST(SUM(w.decay_weight) OVER (PARTITION BY w.order_id) AS INT)          AS decay_total,
         CAST(SUM(w.position_weight) OVER (PARTITION BY w.order_id ORDER BY w.touch_number
           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INT)              AS position_upto,
         CAST(SUM(w.decay_weight) OVER (PARTITION BY w.order_id ORDER BY w.touch_number
           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS INT)              AS decay_upto
  FROM   weights AS w
)
SELECT CAST(s.order_id AS BIGINT)                    AS order_id,
       CAST(s.touch_number AS BIGINT)                AS touch_number,
       CAST(s.touches AS BIGINT)                     AS touches,
       CAST(s.visitor_id AS STRING)                  AS visitor_id,
       CAST(s.session_id AS STRING)                  AS session_id,
       CAST(s.started_at AS TIMESTAMP)               AS touched_at,
       CAST(s.ordered_at AS TIMESTAMP)               AS ordered_at,
       CAST(s.channel_name AS STRING)                AS channel_name,
       CAST(COALESCE(s.campaign_code, 'none') AS STRING) AS campaign_code,
       CAST(CASE WHEN s.touch_number = 1 THEN s.revenue_eur ELSE 0 END AS DECIMAL(19, 4)) AS first_touch_eur,
       CAST(CASE WHEN s.touch_number = s.touches THEN s.revenue_eur ELSE 0 END AS DECIMAL(19, 4)) AS last_touch_eur,
       CAST(CAST(s.revenue_eur * s.touch_number / s.touches AS DECIMAL(19, 4))
          - CAST(s.revenue_eur * (s.touch_number - 1) / s.touches AS DECIMAL(19, 4)) AS DECIMAL(19, 4)) AS linear_eur,
       CAST(CAST(s.revenue_eur * s.position_upto / s.position_total AS DECIMAL(19, 4))
          - CAST(s.revenue_eur * (s.position_upto - s.position_weight) / s.position_total AS DECIMAL(19, 4))
         AS DECIMAL(19, 4))                          AS position_based_eur,
       CAST(CAST(s.revenue_eur * s.decay_upto / s.decay_total AS DECIMAL(19, 4))
          - CAST(s.revenue_eur * (s.decay_upto - s.decay_weight) / s.decay_total AS DECIMAL(19, 4))
         AS DECIMAL(19, 4))                          AS time_decay_eur
FROM   sums AS s
