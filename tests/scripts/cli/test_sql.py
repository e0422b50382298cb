"""`lake sql` answers one SELECT."""

import json
import subprocess
import sys

from scripts.setup import paths

EVERY_TYPE = """
SELECT 1.10::DECIMAL(9, 4) AS decimal, 9007199254740993 AS big, NULL AS nothing, true AS yes, 'nan'::DOUBLE AS nan,
       TIMESTAMPTZ '2026-01-01 00:00:00.5+01' AS at, TIMESTAMP '2026-01-01' AS local, DATE '2026-01-01' AS day,
       '\\xFF'::BLOB AS bytes, [1.5::DECIMAL(3, 1)] AS list, {'a': DATE '2026-01-01'} AS struct, 0.5::DOUBLE AS half
"""


def test_json_keeps_every_value_exact(ask_json):
    assert [
        {
            "decimal": "1.1000",
            "big": 9007199254740993,
            "nothing": None,
            "yes": True,
            "nan": "nan",
            "at": "2025-12-31T23:00:00.500000Z",
            "local": "2026-01-01T00:00:00",
            "day": "2026-01-01",
            "bytes": "ff",
            "list": ["1.5"],
            "struct": {"a": "2026-01-01"},
            "half": 0.5,
        }
    ] == ask_json("sql", EVERY_TYPE)


def test_a_query_may_begin_with_a_comment(ask_json):
    assert [{"n": 1}] == ask_json("sql", "-- today's\nSELECT 1 AS n")
    assert [{"n": 1}] == ask_json("sql", "--no option\n-- of ours\nSELECT 1 AS n", "--limit", "1")


def test_no_rows_are_an_empty_array(ask_json):
    assert [] == ask_json("sql", "SELECT * FROM silver.orders WHERE false")


def test_json_has_all_rows_unless_limited(ask_json):
    assert 60 == len(ask_json("sql", "SELECT * FROM range(60)"))
    assert 7 == len(ask_json("sql", "SELECT * FROM range(60)", "--limit", "7"))


def test_people_see_the_first_rows_and_that_there_are_more(ask):
    lines = ask("sql", "SELECT * FROM range(60)").stdout.splitlines()

    assert [str(n) for n in range(50)] == [line.strip() for line in lines[1:-1]]
    assert "more than these 50 rows; give --limit, or --json for all" == lines[-1]


def test_limit_is_what_was_asked_for(ask):
    lines = ask("sql", "SELECT * FROM range(60)", "--limit", "2").stdout.splitlines()

    assert ["range", "0", "1"] == [line.strip() for line in lines]


def test_as_of_reads_an_older_version(ask_json):
    sql = "SELECT state FROM silver.orders WHERE order_id = 1"

    assert [{"state": "paid"}] == ask_json("sql", sql, "--as-of", "run-1")
    assert [{"state": "sent"}] == ask_json("sql", sql, "--as-of", "run-2")


def test_numbers_stand_on_the_right_as_they_are(ask):
    told = ask("sql", "SELECT 43659 AS key, 'a' AS text UNION ALL SELECT 7, 'b' ORDER BY 1 DESC").stdout

    assert ["  key text", "43659 a", "    7 b"] == [line.rstrip() for line in told.splitlines()]


def test_columns_without_room_are_told(ask):
    sql = "SELECT " + ", ".join(f"'{'x' * 30}' AS c{n}" for n in range(6)) + " FROM range(2)"
    lines = ask("sql", sql).stdout.splitlines()

    assert ["c0", "c1", "c2"] == lines[0].split()
    assert "6 columns, 3 shown; name those you want, or give --json for all" == lines[-1]


def test_one_row_without_room_stands_a_column_a_line(ask):
    sql = "SELECT " + ", ".join(f"'{'x' * 30}' AS c{n}" for n in range(6))

    assert [f"c{n} {'x' * 30}" for n in range(6)] == ask("sql", sql).stdout.splitlines()


def test_spark_and_pandas_are_not_loaded(shop):
    """Loading them would take longer than the query."""
    arguments = ["sql", "SELECT count(*) FROM silver.orders", "--json", "--root", str(shop[0])]
    program = f"from scripts.cli.root import root; root({arguments!r}, standalone_mode=False); "
    program += (
        "import sys; print([m for m in ('pyspark', 'pandas', 'pyarrow', 'boto3', 'sqlglot') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=paths.ROOT, capture_output=True, text=True, check=True)

    answer, loaded = said.stdout.splitlines()
    assert [{"count_star()": 2}] == json.loads(answer)
    assert "[]" == loaded
