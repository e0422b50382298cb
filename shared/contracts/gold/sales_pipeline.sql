WITH steps AS (
  SELECT opportunity_id,
         stage,
         changed_at,
         step_id,
         LAG(stage) OVER (PARTITION BY opportunity_id ORDER BY changed_at, step_id) AS stage_before
  FROM   silver.opportunity_history
),
visits AS (
  SELECT opportunity_id,
         stage,
         changed_at AS entered_at,
         LEAD(changed_at) OVER (PARTITION BY opportunity_id ORDER BY changed_at, step_id) AS left_at
  FROM   steps
  WHERE  stage_before IS NULL OR stage_before <> stage
),
stays AS (
  SELECT stage,
         COUNT(*)                                                   AS completed_stays,
         SUM(UNIX_TIMESTAMP(left_at) - UNIX_TIMESTAMP(entered_at)) AS seconds
  FROM   visits
  WHERE  left_at IS NOT NULL
  GROUP BY stage
),
reached AS (
  SELECT DISTINCT v.stage, o.opportunity_id, o.is_closed, o.is_won
  FROM   visits AS v
  JOIN   silver.salesforce_opportunities AS o
    ON   o.opportunity_id = v.opportunity_id
  UNION
  SELECT stage, opportunity_id, is_closed, is_won
  FROM   silver.salesforce_opportunities
),
outcomes AS (
  SELECT stage,
         COUNT(*)                                         AS opportunities,
         COUNT(CASE WHEN is_closed THEN 1 END)            AS decided,
         COUNT(CASE WHEN is_closed AND is_won THEN 1 END) AS won
  FROM   reached
  GROUP BY stage
),
now_in AS (
  SELECT stage,
         COUNT(*)                                                     AS opportunities,
         SUM(COALESCE(amount, 0))                                     AS amount,
         SUM(COALESCE(amount, 0) * COALESCE(probability_pct, 0)) / 100 AS weighted_amount
  FROM   silver.salesforce_opportunities
  WHERE  NOT is_closed
  GROUP BY stage
)
SELECT CAST(o.stage AS STRING)                                        AS stage,
       CAST(o.opportunities AS BIGINT)                                AS reached_opportunities,
       CAST(o.decided AS BIGINT)                                      AS decided_opportunities,
       CAST(o.won AS BIGINT)                                          AS won_opportunities,
       CAST(CAST(100 * o.won AS DECIMAL(20, 0)) / NULLIF(o.decided, 0) AS DECIMAL(5, 2)) AS win_rate_pct,
       CAST(COALESCE(n.opportunities, 0) AS BIGINT)                   AS open_opportunities,
       CAST(COALESCE(n.amount, 0) AS DECIMAL(19, 2))                  AS open_amount,
       CAST(COALESCE(n.weighted_amount, 0) AS DECIMAL(19, 2))         AS weighted_amount,
       CAST(COALESCE(s.completed_stays, 0) AS BIGINT)                 AS completed_stays,
       CAST(CAST(s.seconds AS DECIMAL(20, 0)) / (86400 * s.completed_stays) AS DECIMAL(12, 4)) AS average_stay_days
FROM   outcomes AS o
LEFT JOIN now_in AS n
  ON   n.stage = o.stage
LEFT JOIN stays AS s
  ON   s.stage = o.stage
