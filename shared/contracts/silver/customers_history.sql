-- Events of customers: what a snapshot says that the one before did not, and what became of the person behind the
-- customer. Snapshots carry no times of their own, so a change counts from when a snapshot first showed it. What was there
-- at the first look began nobody knows when, and is taken to begin in 1900. Persons are stamped by the day: what a person
-- was until a correction with the same stamp held for no time, and is no event.
WITH snapshots AS (
  SELECT _sequence,
         LAG(_sequence) OVER (ORDER BY _sequence) AS earlier,
         CASE WHEN LAG(_sequence) OVER (ORDER BY _sequence) IS NULL THEN TIMESTAMP'1900-01-01 00:00:00'
              ELSE MIN(_ingested_at) END           AS seen_at
  FROM   bronze.snowflake__customers
  GROUP BY _sequence
),
customers AS (
  SELECT c.customerid, c.personid, c.storeid, c.territoryid, s.seen_at, FALSE AS is_gone
  FROM   bronze.snowflake__customers AS c
  JOIN   snapshots AS s ON s._sequence = c._sequence
  LEFT JOIN bronze.snowflake__customers AS e ON e._sequence = s.earlier AND e.customerid = c.customerid
  WHERE  NOT (e.customerid <=> c.customerid AND e.personid <=> c.personid AND e.storeid <=> c.storeid
              AND e.territoryid <=> c.territoryid)
  UNION ALL
  SELECT c.customerid, NULL, NULL, NULL, s.seen_at, TRUE
  FROM   snapshots AS s
  JOIN   bronze.snowflake__customers AS c ON c._sequence = s.earlier
  LEFT ANTI JOIN bronze.snowflake__customers AS n ON n._sequence = s._sequence AND n.customerid = c.customerid
),
customer_spans AS (
  SELECT *, LEAD(seen_at) OVER (PARTITION BY customerid ORDER BY seen_at) AS until
  FROM   customers
),
person_spans AS (
  SELECT businessentityid, persontype, emailpromotion, modifieddate,
         CASE WHEN LAG(modifieddate) OVER one_person IS NULL THEN TIMESTAMP'1900-01-01 00:00:00'
              ELSE modifieddate END                AS since,
         LEAD(modifieddate) OVER one_person        AS until
  FROM   bronze.snowflake__persons
  WINDOW one_person AS (PARTITION BY businessentityid ORDER BY modifieddate, _sequence)
)
SELECT CAST(c.customerid AS BIGINT)                                                  AS customer_id,
       CAST(CASE WHEN c.storeid IS NULL THEN 'person' ELSE 'store' END AS STRING)    AS customer_kind,
       CAST(c.personid AS BIGINT)                                                    AS person_id,
       CAST(c.storeid AS BIGINT)                                                     AS store_id,
       CAST(c.territoryid AS BIGINT)                                                 AS territory_id,
       CAST(p.persontype AS STRING)                                                  AS person_type,
       CAST(p.emailpromotion AS INT)                                                 AS email_promotion,
       CAST(p.modifieddate AS TIMESTAMP)                                             AS person_modified_at,
       CAST(GREATEST(c.seen_at, p.since) AS TIMESTAMP)                               AS changed_at,
       CAST(c.is_gone AS BOOLEAN)                                                    AS is_gone
FROM   customer_spans AS c
LEFT JOIN person_spans AS p
  ON   p.businessentityid = c.personid
 AND   (c.until IS NULL OR p.since < c.until)
 AND   (p.until IS NULL OR p.until > GREATEST(c.seen_at, p.since))
