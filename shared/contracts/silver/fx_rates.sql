-- One wide row of the ECB's file per day becomes one row per currency with a rate that day.
-- Nulls are kept, so that an empty cell is refused by a rule; N/A is the bank's word for "no rate".
SELECT `date` AS rate_date,
       currency_code,
       rate,
       _sequence AS landed_sequence,
       _sequence,
       _source_position
FROM   batch
UNPIVOT INCLUDE NULLS (
    rate FOR currency_code IN (
        usd AS USD, jpy AS JPY, bgn AS BGN, cyp AS CYP, czk AS CZK, dkk AS DKK, eek AS EEK, gbp AS GBP, huf AS HUF,
        ltl AS LTL, lvl AS LVL, mtl AS MTL, pln AS PLN, rol AS ROL, ron AS RON, sek AS SEK, sit AS SIT, skk AS SKK,
        chf AS CHF, isk AS ISK, nok AS NOK, hrk AS HRK, rub AS RUB, trl AS TRL, `try` AS `TRY`, aud AS AUD, brl AS BRL,
        cad AS CAD, cny AS CNY, hkd AS HKD, idr AS IDR, ils AS ILS, inr AS INR, krw AS KRW, mxn AS MXN, myr AS MYR,
        nzd AS NZD, php AS PHP, sgd AS SGD, thb AS THB, zar AS ZAR
    )
)
WHERE  rate IS DISTINCT FROM 'N/A'
