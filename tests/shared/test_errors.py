"""An error says what went wrong, what was given, what was expected, and the change to make."""

import pytest

from shared import errors
from shared.errors import LakewrightError, RetryableError, TerminalError, UnknownNameError


@pytest.mark.parametrize(
    "parts, expected",
    [
        pytest.param({}, "it broke", id="what"),
        pytest.param({"given": "a"}, "it broke; given: a", id="given"),
        pytest.param(
            {"given": "a", "expected": "b", "mend": "write b"},
            "it broke; given: a; expected: b; to fix: write b",
            id="all four",
        ),
    ],
)
def test_an_error_has_its_parts_in_order(parts, expected):
    assert expected == str(LakewrightError("it broke", **parts))


def test_an_error_keeps_its_facts():
    error = UnknownNameError("table", "a", ["b", "c"])

    assert ("table", ["b", "c"], "'a'", "one of b, c") == (error.kind, error.known, error.given, error.expected)


def test_every_error_is_retryable_or_terminal():
    every = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LakewrightError)]

    assert {LakewrightError} == {e for e in every if issubclass(e, RetryableError) == issubclass(e, TerminalError)}
    assert {e: issubclass(e, RetryableError) for e in every} == {e: e.retryable for e in every}


def test_the_tree_in_the_docstring_is_the_tree():
    leaves = {e.__name__ for e in vars(errors).values() if isinstance(e, type) and issubclass(e, LakewrightError)}

    assert set() == {name for name in leaves if name not in (errors.__doc__ or "")}
