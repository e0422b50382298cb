-- The calendar of the shop: whole months, from the first order to the last.
SELECT CAST(d.calendar_date AS DATE)                                AS calendar_date,
       CAST(YEAR(d.calendar_date) AS INT)                           AS year,
       CAST(QUARTER(d.calendar_date) AS INT)                        AS quarter,
       CAST(MONTH(d.calendar_date) AS INT)                          AS month,
       CAST(TRUNC(d.calendar_date, 'MONTH') AS DATE)                AS month_start_date,
       CAST(EXTRACT(YEAROFWEEK FROM d.calendar_date) AS INT)        AS iso_year,
       CAST(WEEKOFYEAR(d.calendar_date) AS INT)                     AS iso_week,
       CAST(WEEKDAY(d.calendar_date) + 1 AS INT)                    AS iso_weekday,
       CAST(WEEKDAY(d.calendar_date) >= 5 AS BOOLEAN)               AS is_weekend,
       CAST(d.calendar_date = LAST_DAY(d.calendar_date) AS BOOLEAN) AS is_month_end,
       CAST(r.rate_date IS NOT NULL AS BOOLEAN)                     AS is_ecb_rate_day
FROM   (SELECT EXPLODE(SEQUENCE(first_date, last_date, INTERVAL 1 DAY)) AS calendar_date
        FROM   (SELECT TRUNC(MIN(CAST(ordered_at AS DATE)), 'MONTH') AS first_date,
                       LAST_DAY(MAX(CAST(ordered_at AS DATE)))       AS last_date
                FROM   silver.orders)) AS d
LEFT JOIN (SELECT DISTINCT rate_date FROM silver.fx_rates) AS r
  ON   r.rate_date = d.calendar_date
