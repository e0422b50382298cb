"""A source's values in the contract's types: one that does not fit is told apart from one that was never given."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from jobs.refine.refused import raw_row
from jobs.refine.rules import FAILED, failed_rules
from jobs.refine.typing import typed
from tests.support.frames import assert_rows
from tests.support.things import column, things

CONTRACT = things(
    column("a_bigint", "bigint", required=True),
    column("a_decimal", "decimal(6,2)"),
    column("a_bool", "boolean"),
    column("a_date", "date", format="dd.MM.yyyy"),
    column("a_day", "date"),
    column("a_time", "timestamp"),
    column("a_text", logic="upper(trim(a_text))"),
    column("a_sum", "int", logic="x + y"),
)
COLUMNS = CONTRACT.column_names
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC).replace(tzinfo=None)
GIVEN = ("1", "1234.56", "true", "02.01.2026", "2026-01-03", "2026-01-02 12:00:00", " a ", "1", "2")
TYPED = (1, Decimal("1234.56"), True, date(2026, 1, 2), date(2026, 1, 3), NOON, "A", 3)
NAMES = ("a_bigint", "a_decimal", "a_bool", "a_date", "a_day", "a_time", "a_text", "x", "y")


# Per case: how it differs from a good row, how its typed form does, and the rules it fails.
CASES = {
    "a good row": ({}, {}, []),
    "blanks around a number": ({"a_bigint": " 7 "}, {"a_bigint": 7}, []),
    "nothing where something must be": ({"a_bigint": None}, {"a_bigint": None}, ["a_bigint_required"]),
    "nothing where nothing may be": ({"a_decimal": None, "a_date": None}, {"a_decimal": None, "a_date": None}, []),
    "no number": ({"a_bigint": "x"}, {"a_bigint": None}, ["a_bigint_type"]),
    "an empty text for a number": ({"a_bigint": ""}, {"a_bigint": None}, ["a_bigint_type"]),
    "a fraction for a whole number": ({"a_bigint": "1.5"}, {"a_bigint": None}, ["a_bigint_type"]),
    "a number too large": ({"a_bigint": "9" * 19}, {"a_bigint": None}, ["a_bigint_type"]),
    "the largest number": ({"a_bigint": str(2**63 - 1)}, {"a_bigint": 2**63 - 1}, []),
    "digits the decimal has no room for": ({"a_decimal": "12345.6"}, {"a_decimal": None}, ["a_decimal_type"]),
    "a decimal in words": ({"a_decimal": "1,5"}, {"a_decimal": None}, ["a_decimal_type"]),
    "neither true nor false": ({"a_bool": "maybe"}, {"a_bool": None}, ["a_bool_type"]),
    "yes is true": ({"a_bool": "yes"}, {"a_bool": True}, []),
    "a date of another form": ({"a_date": "2026-01-02"}, {"a_date": None}, ["a_date_type"]),
    "a day that is none": ({"a_date": "31.02.2026"}, {"a_date": None}, ["a_date_type"]),
    "month first where the day comes first": ({"a_date": "01.13.2026"}, {"a_date": None}, ["a_date_type"]),
    "a date that could be read two ways, no form declared": ({"a_day": "03/04/2026"}, {"a_day": None}, ["a_day_type"]),
    "a date that could be read one way only, no form declared": (
        {"a_day": "13/04/2026"},
        {"a_day": None},
        ["a_day_type"],
    ),
    "thousands with commas": ({"a_decimal": "1,234.56"}, {"a_decimal": None}, ["a_decimal_type"]),
    "N/A for a number": ({"a_bigint": "N/A"}, {"a_bigint": None}, ["a_bigint_type"]),
    "a time that is none": ({"a_time": "2026-01-02 25:00:00"}, {"a_time": None}, ["a_time_type"]),
    "a time of another zone": ({"a_time": "2026-01-02T13:00:00+01:00"}, {"a_time": NOON}, []),
    "microseconds": (
        {"a_time": "2026-01-02 12:00:00.000001"},
        {"a_time": NOON.replace(microsecond=1)},
        [],
    ),
    "a text of blanks": ({"a_text": "  "}, {"a_text": ""}, []),
    "a sum of nothing": ({"x": None}, {"a_sum": None}, []),
    "every value wrong": (
        {"a_bigint": "x", "a_decimal": "x", "a_bool": "x", "a_date": "x", "a_time": "x", "x": "0.5", "y": "0"},
        {"a_bigint": None, "a_decimal": None, "a_bool": None, "a_date": None, "a_time": None, "a_sum": None},
        ["a_bigint_type", "a_decimal_type", "a_bool_type", "a_date_type", "a_time_type", "a_sum_type"],
    ),
}


def rows_of(spark):
    good = dict(zip(NAMES, GIVEN, strict=True))
    given = [(*(good | differs).values(), 1, case) for case, (differs, _, _) in CASES.items()]
    columns = ", ".join(f"{name} STRING" for name in NAMES)
    return spark.createDataFrame(given, f"{columns}, _sequence BIGINT, _source_position STRING")


@pytest.fixture(scope="module")
def session(spark):
    """The setting of the step refine: a value that does not fit fails its rule, not the batch."""
    opened = spark.newSession()
    opened.conf.set("spark.sql.session.timeZone", "UTC")
    opened.conf.set("spark.sql.ansi.enabled", "false")
    return opened


def test_values_are_cast_or_fail_the_rule_of_their_type(session):
    found = typed(rows_of(session), CONTRACT).withColumn(FAILED, failed_rules(CONTRACT))
    assert_rows(
        "a_bigint BIGINT, a_decimal DECIMAL(6,2), a_bool BOOLEAN, a_date DATE, a_day DATE, a_time TIMESTAMP, "
        "a_text STRING, a_sum INT, _source_position STRING, _failed ARRAY<STRING>",
        [
            (*(dict(zip(COLUMNS, TYPED, strict=True)) | differs).values(), case, failed)
            for case, (_, differs, failed) in CASES.items()
        ],
        nullable(found.select(*COLUMNS, "_source_position", FAILED)),
    )


def nullable(frame):
    """The frame with every column nullable, as it is when read from a file."""
    session = frame.sparkSession
    return session.createDataFrame(frame.collect(), frame.schema.simpleString().removeprefix("struct<")[:-1])


def test_a_number_with_a_fraction_is_no_whole_one_whatever_its_type(session):
    names = ("exact", "double", "float", "small")
    contract = things(*[column(name, "smallint" if name == "small" else "bigint") for name in names])
    given = [
        ("7.00", 7.0, 7.0, "7"),
        ("-7.00", -7.0, -7.0, "-7"),
        ("1.50", 1.5, -1.5, "40000"),
        ("99999999999999999999.00", 1e30, float("nan"), "9"),
        (None, None, None, None),
    ]
    batch = session.createDataFrame(
        [(*row, 1, "here") for row in given],
        "exact string, double double, float float, small string, _sequence bigint, _source_position string",
    ).withColumns({name: F.col(name).cast(f"decimal(38,{scale})") for name, scale in (("exact", 2), ("small", 0))})
    found = typed(batch, contract).withColumn(FAILED, failed_rules(contract)).select(*names, FAILED).collect()
    every = [f"{name}_type" for name in names]
    assert [
        (7, 7, 7, 7, []),
        (-7, -7, -7, -7, []),
        (None, None, None, None, every),
        (None, None, None, 9, every[:3]),
        (None, None, None, None, []),
    ] == [tuple(row) for row in found]


def test_a_refused_row_is_kept_as_it_was_before_it_was_typed_with_its_nulls(session):
    ruled = typed(rows_of(session), CONTRACT).withColumn(FAILED, failed_rules(CONTRACT))
    kept = dict(ruled.select("_source_position", raw_row()).collect())
    good = (
        '{"a_bigint":"1","a_decimal":"1234.56","a_bool":"true","a_date":"02.01.2026","a_day":"2026-01-03",'
        '"a_time":"2026-01-02 12:00:00",'
        '"a_text":"A","a_sum":3.0}'
    )
    assert kept["a good row"] is None
    assert good.replace('"1",', '"x",', 1) == kept["no number"]
    assert good.replace('"1",', "null,", 1) == kept["nothing where something must be"]
