"""A format names every part of the day that it is to read, or it is refused."""

import pytest

from shared.contracts import load_catalog
from tests.support.small_catalog import VISITS, refusal, write_catalog

FORMAT = "format: dd.MM.yyyy"
LETTERS = "write other letters than DGHKLMOSVXadhkmsxyz in single quotes, or replace them"
NO_DAY = (
    "give it a month and a day, MM and dd, or the day of the year alone, DDD; "
    "where the text has no day, let transformLogic add one"
)


@pytest.mark.parametrize(
    "pattern, mend",
    [
        ("dd.mm.yyyy", "write MM for the month: mm is minutes, and there is no hour"),
        ("yyyy-MM-dd hh:mm", "write HH for the hour of a day, or add a, which is AM or PM"),
        ("DD.MM.YYYY", LETTERS),
        ("dd.MM.jjjj", LETTERS),
        ("yyyy-MM-ddTHH:mm", LETTERS),
        ("d.%M.%Y", LETTERS),
        ("dd.MM", "give it a year: yyyy"),
        ("yyyy-MM", NO_DAY),
        ("DD.MM.yyyy", NO_DAY),
    ],
)
def test_a_format_by_which_a_part_would_be_made_up_is_refused(tmp_path, pattern, mend):
    expected = (
        "silver/visits.odcs.yaml:32: column visit_date has a format by which no text is read as it is meant; "
        f"given: {pattern}; expected: a pattern of Java's DateTimeFormatter, such as dd.MM.yyyy or "
        f"yyyy-MM-dd'T'HH:mm:ss; to fix: {mend}"
    )

    assert expected == refusal(tmp_path, VISITS, FORMAT, f"format: {pattern}")


@pytest.mark.parametrize(
    "pattern",
    ["d/M/yy", "yyyyDDD", "dd LLL yyyy G", "yyyy-MM-dd'T'HH:mm:ss.SSSXX", "yyyy-MM-dd[ hh:mm a]", "d 'o''clock' M y"],
)
def test_a_format_with_a_whole_day_is_taken(tmp_path, pattern):
    catalog = load_catalog(write_catalog(tmp_path, {VISITS: (FORMAT, f'format: "{pattern}"')}))

    assert [pattern] == [c.format for c in catalog.table("silver.visits").columns if c.name == "visit_date"]
