"""A source's values keep their meaning to the last digit, or their row says that they do not fit."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from jobs.ingest.strict_cast import fit
from shared.errors import SchemaDriftError

READING = [(n, pa.string()) for n in ("_source_position", "_rescued", "_raw")] + [("_reasons", pa.list_(pa.string()))]
INSTANT = pa.timestamp("us", "UTC")


def fitted(values, given, wanted):
    rows = pa.table({"SOURCE_NAME": pa.array(values, given)})
    return fit(rows, pa.schema([("value", wanted), *READING]), "A.B.C")


@pytest.mark.parametrize(
    "values, given, wanted, expected",
    [
        pytest.param([1, None], pa.int8(), pa.int64(), [1, None], id="narrow number"),
        pytest.param([2**31 - 1], pa.int64(), pa.int32(), [2**31 - 1], id="wide number that fits"),
        pytest.param([Decimal(7)], pa.decimal128(38, 0), pa.int64(), [7], id="number that came as decimal"),
        pytest.param([5, None], pa.int64(), pa.decimal128(9, 2), [Decimal("5.00"), None], id="number to decimal"),
        pytest.param(
            [Decimal("1.2500")], pa.decimal128(19, 4), pa.decimal128(9, 2), [Decimal("1.25")], id="zeros at the end"
        ),
        pytest.param([0.1], pa.float64(), pa.float64(), [0.1], id="floating number"),
        pytest.param([0.5, None], pa.float32(), pa.float32(), [0.5, None], id="narrow floating number"),
        pytest.param([0.5], pa.float32(), pa.float64(), [0.5], id="narrow floating number for a wide one"),
        pytest.param([b"a", None], pa.large_binary(), pa.binary(), [b"a", None], id="bytes, long"),
        pytest.param([b"ab"], pa.binary(2), pa.binary(), [b"ab"], id="bytes of one length"),
        pytest.param(
            ["a", None, "a"], pa.dictionary(pa.int8(), pa.string()), pa.string(), ["a", None, "a"], id="packed texts"
        ),
        pytest.param([True, None], pa.bool_(), pa.bool_(), [True, None], id="boolean"),
        pytest.param(["é", "", None], pa.string(), pa.string(), ["é", "", None], id="text"),
        pytest.param([date(1, 1, 1)], pa.date32(), pa.date32(), [date(1, 1, 1)], id="date"),
        pytest.param(
            [datetime(2011, 5, 31, 1, 2, 3, 456789)],  # noqa: DTZ001 - Snowflake's TIMESTAMP_NTZ has no zone
            pa.timestamp("ns"),
            INSTANT,
            [datetime(2011, 5, 31, 1, 2, 3, 456789, UTC)],
            id="timestamp without zone is UTC",
        ),
        pytest.param(
            [datetime(2011, 5, 31, 2, 0, 0, 0, UTC)],
            pa.timestamp("ns", "Europe/Paris"),
            INSTANT,
            [datetime(2011, 5, 31, 2, 0, 0, 0, UTC)],
            id="timestamp with zone is the same instant",
        ),
        pytest.param([None], pa.null(), pa.int64(), [None], id="nothing but nulls"),
    ],
)
def test_values_that_fit_come_through(values, given, wanted, expected):
    rows = fitted(values, given, wanted)
    assert expected == rows["value"].to_pylist()
    assert [[]] * len(values) == rows["_reasons"].to_pylist()
    assert [None] * len(values) == rows["_raw"].to_pylist()
    assert ["A.B.C"] * len(values) == rows["_source_position"].to_pylist()


@pytest.mark.parametrize(
    "value, given, good, wanted, kind",
    [
        pytest.param(2**31, pa.int64(), 1, pa.int32(), "int32", id="too big"),
        pytest.param(
            Decimal("1.005"),
            pa.decimal128(9, 3),
            Decimal(1),
            pa.decimal128(9, 2),
            "decimal128(9, 2)",
            id="too many digits",
        ),
        pytest.param(Decimal("1.5"), pa.decimal128(9, 1), Decimal(1), pa.int64(), "int64", id="a fraction"),
        pytest.param(10**9, pa.int64(), 1, pa.decimal128(9, 2), "decimal128(9, 2)", id="too big a decimal"),
        pytest.param(1, pa.timestamp("ns"), 1000, INSTANT, "timestamp[us, tz=UTC]", id="nanoseconds"),
    ],
)
def test_a_value_that_does_not_fit_marks_its_row_only(value, given, good, wanted, kind):
    rows = fitted([good, value, None], given, wanted)
    assert [False, True, True] == rows["value"].is_null().to_pylist()
    assert [[], [f"value: the value does not fit {kind}"], []] == rows["_reasons"].to_pylist()
    before, raw, after = rows["_raw"].to_pylist()
    assert (None, None) == (before, after)
    assert ["SOURCE_NAME"] == list(json.loads(raw))


@pytest.mark.parametrize(
    "given, wanted",
    [
        pytest.param(pa.string(), pa.int64(), id="text for a number"),
        pytest.param(pa.int64(), pa.string(), id="number for a text"),
        pytest.param(pa.float64(), pa.decimal128(9, 2), id="floating number for a decimal"),
        pytest.param(pa.decimal128(9, 2), pa.float64(), id="decimal for a floating number"),
        pytest.param(pa.float64(), pa.float32(), id="wide floating number for a narrow one"),
        pytest.param(pa.timestamp("ns"), pa.date32(), id="timestamp for a date"),
        pytest.param(pa.int64(), pa.bool_(), id="number for a boolean"),
    ],
)
def test_a_column_of_another_kind_is_refused(given, wanted):
    with pytest.raises(SchemaDriftError, match=r"A\.B\.C: column value is of another kind than its contract says"):
        fitted([None], given, wanted)


def test_the_text_of_a_refused_row_tells_years_that_python_does_not_have():
    day = pa.array([10_000_000], pa.int32()).cast(pa.date32())
    rows = pa.table({"ID": [2**31], "DAY": day, "BORN": [date(1, 1, 1)]})
    wanted = pa.schema([("id", pa.int32()), ("day", pa.date32()), ("born", pa.date32()), *READING])
    [text] = fit(rows, wanted, "A.B.C")["_raw"].to_pylist()
    assert {"ID": 2**31, "DAY": "29349-01-26", "BORN": "0001-01-01"} == json.loads(text)


def test_the_text_of_a_refused_row_is_json_whatever_its_numbers_are():
    rows = pa.table({"ID": [2**31] * 3, "RATIO": [float("nan"), float("inf"), float("-inf")]})
    wanted = pa.schema([("id", pa.int32()), ("ratio", pa.float64()), *READING])
    texts = fit(rows, wanted, "A.B.C")["_raw"].to_pylist()
    told = [json.loads(text, parse_constant=pytest.fail) for text in texts]
    assert [{"ID": 2**31, "RATIO": words} for words in ("NaN", "Infinity", "-Infinity")] == told
