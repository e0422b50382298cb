SELECT CAST(a.campaign_code AS STRING)                        AS campaign_code,
       CAST(COUNT(*) AS BIGINT)                               AS touches,
       CAST(COUNT(DISTINCT a.order_id) AS BIGINT)             AS orders,
       CAST(SUM(a.first_touch_eur) AS DECIMAL(19, 4))         AS first_touch_eur,
       CAST(SUM(a.last_touch_eur) AS DECIMAL(19, 4))          AS last_touch_eur,
       CAST(SUM(a.linear_eur) AS DECIMAL(19, 4))              AS linear_eur,
       CAST(SUM(a.position_based_eur) AS DECIMAL(19, 4))      AS position_based_eur,
       CAST(SUM(a.time_decay_eur) AS DECIMAL(19, 4))          AS time_decay_eur
FROM   gold.marketing_attribution AS a
GROUP BY a.campaign_code
