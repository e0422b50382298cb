"""Columns as one text: nothing is left out, and different values give different texts."""

from jobs.runtime.json_columns import as_json
from tests.support.frames import assert_rows


def test_a_row_is_told_whole(spark):
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    rows = session.sql("""
        SELECT * FROM VALUES
          (1, 'it''s "so"', DATE'2026-01-02', TIMESTAMP'2026-01-02 03:04:05.000001', 1.50BD, 0.1D, array('a', NULL)),
          (NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        AS t(i, s, d, ts, dec, f, a)
    """)
    moment = '"d":"2026-01-02","ts":"2026-01-02T03:04:05.000001Z"'
    full = '{"i":1,"s":"it\'s \\"so\\"",' + moment + ',"dec":1.50,"f":0.1,"a":["a",null]}'
    empty = '{"i":null,"s":null,"d":null,"ts":null,"dec":null,"f":null,"a":null}'
    assert_rows("text STRING", [(full,), (empty,)], rows.select(as_json(*rows.columns).alias("text")))
