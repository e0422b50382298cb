"""A value that was read may bound what is read next only if it stands for itself when it is handed back."""

import datetime as dt

import pytest

from jobs.runtime.pruning import is_literal


@pytest.mark.parametrize(
    "bound, expected",
    [
        pytest.param(7, True, id="a number"),
        pytest.param("a", True, id="a text"),
        pytest.param(dt.date(2026, 10, 25), True, id="a day"),
        pytest.param(dt.datetime(2026, 10, 25, 2, 30, tzinfo=dt.UTC), False, id="an hour that exists twice"),
        pytest.param(b"a", False, id="bytes"),
        pytest.param(None, False, id="of no row"),
    ],
)
def test_bound_is_a_literal(bound, expected):
    assert expected is is_literal(bound)
