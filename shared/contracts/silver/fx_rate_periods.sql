SELECT CAST(currency_code AS STRING)  AS currency_code,
       CAST(rate_date AS DATE)        AS valid_from,
       CAST(COALESCE(LEAD(rate_date) OVER (PARTITION BY currency_code ORDER BY rate_date), DATE'9999-12-31') AS DATE)
                                      AS valid_to,
       CAST(rate AS DECIMAL(13, 6))   AS rate
FROM   silver.fx_rates
