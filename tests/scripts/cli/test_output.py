"""How values are printed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from scripts.cli.output import count, one_line, show, size, tail


@pytest.mark.parametrize(
    "value, expected",
    [
        pytest.param(None, "-", id="nothing"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(43659, "43659", id="a number that may be a key"),
        pytest.param(Decimal("0E-8"), "0.00000000", id="decimal without exponent"),
        pytest.param(datetime(2026, 1, 1, 4, 5, 6, 7, UTC), "2026-01-01 04:05:06", id="time"),
        pytest.param(["a", None], "a, -", id="list"),
        pytest.param({"a": Decimal("1.0")}, '{"a": "1.0"}', id="struct"),
    ],
)
def test_value_is_shown(value, expected):
    assert expected == show(value)


def test_what_steers_a_terminal_is_not_shown():
    """Titles, colours and links are set by ESC or, in one character, by U+009B; a refused row may contain anything."""
    assert "a�[31mb�2Jc�d e😀é" == one_line("a\x1b[31mb\x9b2Jc\x07d\r\n\te😀é")
    assert "� ��" == one_line("\x00\x85\x7f\x9f")


@pytest.mark.parametrize(
    "number, expected",
    [
        pytest.param(None, None, id="unknown"),
        pytest.param(0, "0 B", id="nothing"),
        pytest.param(999, "999 B", id="bytes"),
        pytest.param(1000, "1.0 kB", id="a thousand"),
        pytest.param(1_234_567, "1.2 MB", id="rounded"),
        pytest.param(10**16, "10.0 PB", id="the greatest unit"),
    ],
)
def test_size_is_rounded(number, expected):
    assert expected == size(number)


def test_count_has_separators():
    assert ("1,234,567", None) == (count(1234567), count(None))


def test_tail_is_as_long_as_it_may_be():
    assert ("…cdef", "abc") == (tail("abcdef", 5), tail("abc", 5))
