"""A period is cut into windows that leave nothing out and have nothing twice."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.backfill import LONGEST_NAME, MOST_WINDOWS, BackfillRequest, cut, window_runs
from shared.errors import TerminalError, WindowError
from shared.jobs import Window

DAYS = st.dates(date(1999, 1, 1), date(2031, 12, 31))
# Units of the calendar, and the fewest days of one.
FEWEST = {"day": 1, "week": 7, "month": 28, "year": 365}
UNITS = st.sampled_from(sorted(FEWEST))


def bounds(windows):
    return [(w.since, w.until) for w in windows]


@given(DAYS, st.integers(1, 800), st.integers(1, 40), UNITS)
@example(date(2011, 1, 31), 400, 1, "month")
@example(date(2012, 2, 29), 1461, 1, "year")
def test_every_day_lies_in_exactly_one_window(since, length, number, unit):
    until = since + timedelta(days=length)
    assume(length / (number * FEWEST[unit]) < MOST_WINDOWS)
    windows = cut(str(since), str(until), f"{number} {unit}s")

    around = [since + timedelta(days=n) for n in range(-3, length + 3)]
    holding = {day: [w for w in windows if w.since <= str(day) < w.until] for day in around}
    assert {day: int(since <= day < until) for day in around} == {day: len(held) for day, held in holding.items()}


@given(DAYS, st.integers(1, 3000), st.integers(1, 40), UNITS)
@example(date(2011, 1, 31), 400, 1, "month")
@example(date(2012, 2, 29), 1461, 1, "year")
def test_windows_begin_where_the_calendar_of_another_engine_says(since, length, number, unit):
    until = since + timedelta(days=length)
    assume(length / (number * FEWEST[unit]) < MOST_WINDOWS)
    sql = f"""
        SELECT CAST(begun AS VARCHAR) FROM (
          SELECT CAST(DATE '{since}' + CAST(k * {number} AS INTEGER) * INTERVAL 1 {unit} AS DATE) AS begun
          FROM range(0, {length} + 1) AS steps(k)
        ) WHERE begun < DATE '{until}' ORDER BY begun
    """
    begun = [row[0] for row in duckdb.sql(sql).fetchall()]

    assert [*zip(begun, [*begun[1:], str(until)], strict=True)] == bounds(
        cut(str(since), str(until), f"{number} {unit}")
    )


@given(
    st.datetimes(datetime.fromisoformat("1999-01-01"), datetime.fromisoformat("2031-01-01")),
    st.integers(1, 10**6),
    st.integers(1, 1000),
    st.sampled_from([None, UTC]),
)
def test_every_second_lies_in_exactly_one_window_of_hours(since, seconds, number, zone):
    since = since.replace(tzinfo=zone)
    until = since + timedelta(seconds=seconds)
    windows = cut(since.isoformat(), until.isoformat(), f"{number} hours")

    assert seconds // (number * 3600) + bool(seconds % (number * 3600)) == len(windows)
    for n, window in enumerate(windows):
        begun = since + n * timedelta(hours=number)
        assert begun == datetime.fromisoformat(window.since)
        assert min(begun + timedelta(hours=number), until) == datetime.fromisoformat(window.until)


@pytest.mark.parametrize(
    "since, until, every, expected",
    [
        pytest.param(
            "2011-01-31",
            "2011-04-01",
            "1 month",
            [("2011-01-31", "2011-02-28"), ("2011-02-28", "2011-03-31"), ("2011-03-31", "2011-04-01")],
            id="months that are shorter",
        ),
        pytest.param("2011-06-01", "2011-06-02", "9999 years", [("2011-06-01", "2011-06-02")], id="one window"),
        pytest.param(
            "2011-06-01T02:00:00+02:00",
            "2011-06-01T02:30:00Z",
            "2 hours",
            [
                ("2011-06-01T00:00:00+00:00", "2011-06-01T02:00:00+00:00"),
                ("2011-06-01T02:00:00+00:00", "2011-06-01T02:30:00+00:00"),
            ],
            id="zones",
        ),
    ],
)
def test_windows_are_counted_from_the_beginning(since, until, every, expected):
    assert expected == bounds(cut(since, until, every))


@pytest.mark.parametrize(
    "since, until, every, told",
    [
        pytest.param("2011-06-31", "2011-07-01", "1 day", "2011-06-31", id="no such day"),
        pytest.param("2011-06-01", "soon", "1 day", "soon", id="no end"),
        pytest.param("0001-01-01T00:00:00+14:00", "2011-06-01T00:00:00Z", "9 years", "+14:00", id="before all time"),
        pytest.param("2011-06-01", "2011-06-01", "1 day", "an end after the beginning", id="nothing between"),
        pytest.param("2011-06-02", "2011-06-01", "1 day", "an end after the beginning", id="backwards"),
        pytest.param("2011-06-01", "2011-07-01", "0 days", "0 days", id="a length of nothing"),
        pytest.param("2011-06-01", "2011-07-01", "daily", "<1 to 9999>", id="no length"),
        pytest.param("2011-06-01", "2011-07-01", "6 hours", "go with timestamps", id="hours of a day"),
        pytest.param("2011-06-01", "2011-07-01T00:00:00", "1 day", "two dates", id="a date and a timestamp"),
        pytest.param("2011-06-01T00:00:00Z", "2011-07-01T00:00:00", "1 day", "a zone", id="one zone"),
        pytest.param("2011-01-01", "2012-01-03", "1 day", "366 windows at most", id="one too many"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_what_to_do(since, until, every, told):
    with pytest.raises(WindowError, match="to fix: ") as refused:
        cut(since, until, every)

    assert told in str(refused.value)


def test_the_greatest_allowed_number_of_windows_is_accepted():
    assert MOST_WINDOWS == len(cut("2012-01-01", "2013-01-01", "1 day"))


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"from": "2011-06-01", "to": "2011-07-01"}, id="no length"),
        pytest.param({"from": "2011-06-01", "every": "1 day"}, id="no end"),
        pytest.param({"tables": ["silver.orders"]}, id="tables alone"),
        pytest.param({"machine": "maintenance"}, id="a machine that reads no source"),
        pytest.param({"machine": "file_landed"}, id="a machine of files"),
        pytest.param({"window": {"from": "1", "to": "2"}}, id="the key of another machine"),
    ],
)
def test_half_a_request_is_refused(asked):
    with pytest.raises(ValidationError):
        BackfillRequest.model_validate(asked)


def test_a_selector_that_names_no_table_is_refused():
    with pytest.raises(TerminalError, match=r"<layer>.<table>"):
        BackfillRequest.model_validate({"tables": ["+orders"]})


def test_an_empty_request_has_no_window():
    assert () == BackfillRequest.model_validate({}).windows


def test_every_window_has_a_run_of_its_own_whose_name_is_the_same_each_time():
    windows = cut("2012-01-01", "2013-01-01", "1 day")
    name = "b" * LONGEST_NAME

    runs = window_runs(name, windows)
    assert runs == window_runs(name, windows)
    assert windows == tuple(run.window for run in runs)
    assert MOST_WINDOWS == len({run.run for run in runs})
    assert sorted(run.run for run in runs) == [run.run for run in runs]
    assert {True} == {run.run.startswith(f"{name}-") for run in runs}


def test_a_name_too_long_for_a_number_is_refused():
    with pytest.raises(TerminalError, match="76 characters at most"):
        window_runs("b" * (LONGEST_NAME + 1), (Window(since="1", until="2"),))
