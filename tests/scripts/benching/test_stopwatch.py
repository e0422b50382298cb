"""The stopwatch adds up the times of functions, and restores them afterwards."""

import math
import time

from scripts.benching.stopwatch import parts_timed, seconds


def test_what_the_parts_of_a_block_take_is_added_up():
    before = math.sqrt
    with parts_timed({"roots": [(math, "sqrt"), (math, "cbrt")], "never": [(math, "exp")]}) as taken:
        found = math.sqrt(16), math.cbrt(8)
        first = taken["roots"]
        math.sqrt(4)

    assert (4.0, 2.0) == found
    assert ["roots"] == list(taken)
    assert taken["roots"] > first
    assert math.sqrt is before


def test_seconds_are_those_of_the_work():
    assert seconds(lambda: time.sleep(0.02)) >= 0.02
