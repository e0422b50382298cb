SELECT CAST(p.product_id AS BIGINT)               AS product_id,
       CAST(p.product_number AS STRING)           AS product_number,
       CAST(p.product_name AS STRING)             AS product_name,
       CAST(p.product_subcategory_id AS BIGINT)   AS subcategory_id,
       CAST(c.category_name AS STRING)            AS category_name,
       CAST(s.subcategory_name AS STRING)         AS subcategory_name,
       CAST(p.product_line AS STRING)             AS product_line,
       CAST(p.product_class AS STRING)            AS product_class,
       CAST(p.color AS STRING)                    AS color,
       CAST(p.is_made_in_house AS BOOLEAN)        AS is_made_in_house,
       CAST(p.is_sellable AS BOOLEAN)             AS is_sellable,
       CAST(p.standard_cost_usd AS DECIMAL(19, 4)) AS standard_cost_usd,
       CAST(p.list_price_usd AS DECIMAL(19, 4))   AS list_price_usd,
       CAST(CASE WHEN p.list_price_usd > 0
                 THEN 100 * (p.list_price_usd - p.standard_cost_usd) / p.list_price_usd END AS DECIMAL(19, 2))
                                                  AS list_margin_pct,
       CAST(p.sold_since_date AS DATE)            AS sold_since_date
FROM   silver.products AS p
LEFT JOIN silver.product_subcategories AS s
  ON   s.subcategory_id = p.product_subcategory_id
LEFT JOIN silver.product_categories AS c
  ON   c.category_id = s.category_id
