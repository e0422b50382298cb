-- A visit ends when its visitor is silent for more than 30 minutes. Two events of one moment are one step, so that their
-- order cannot matter.
WITH steps AS (
  SELECT e.visitor_id,
         e.event_at,
         COUNT(*)                                                     AS events,
         COUNT(CASE WHEN e.event_name = 'purchase' THEN 1 END)        AS purchases,
         MIN(e.platform)                                              AS platform,
         MIN(e.channel_name)                                          AS channel_name
  FROM   silver.behaviour_events AS e
  GROUP BY e.visitor_id, e.event_at
), gaps AS (
  SELECT s.*,
         LAG(s.event_at) OVER (PARTITION BY s.visitor_id ORDER BY s.event_at) AS previous_at
  FROM   steps AS s
), numbered AS (
  SELECT g.*,
         SUM(CASE WHEN g.previous_at IS NULL OR g.event_at > g.previous_at + INTERVAL '30' MINUTE THEN 1 ELSE 0 END)
           OVER (PARTITION BY g.visitor_id ORDER BY g.event_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
                                                                      AS visit_number
  FROM   gaps AS g
)
SELECT CAST(CONCAT(n.visitor_id, '@', DATE_FORMAT(MIN(n.event_at), 'yyyy-MM-dd HH:mm:ss.SSSSSS')) AS STRING) AS session_id,
       CAST(n.visitor_id AS STRING)                          AS visitor_id,
       CAST(n.visit_number AS BIGINT)                        AS visit_number,
       CAST(MIN(n.event_at) AS TIMESTAMP)                    AS started_at,
       CAST(MAX(n.event_at) AS TIMESTAMP)                    AS ended_at,
       CAST(SUM(n.events) AS BIGINT)                         AS events,
       CAST(SUM(n.purchases) AS BIGINT)                      AS purchases,
       CAST(MIN_BY(n.platform, n.event_at) AS STRING)        AS platform,
       CAST(MIN_BY(n.channel_name, n.event_at) AS STRING)    AS channel_name
FROM   numbered AS n
GROUP BY n.visitor_id, n.visit_number
