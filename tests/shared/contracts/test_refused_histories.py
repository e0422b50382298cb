"""Deletes and histories that do not fit their table are refused with file and line, given and expected."""

import pytest

from tests.support.small_catalog import PEOPLE, VISITS, refusal

SEQUENCE = "      - {property: sequenceBy, value: [seen_at]}\n"


def custom(*properties):
    """Custom properties as a contract has them."""
    lines = [p.split(": ", 1) for p in properties]
    return "".join(f"      - {{property: {name}, value: {value}}}\n" for name, value in lines)


MARKED = "      - {property: applyAsDeletes, value: day = 'x'}\n"
# sequenceBy, further custom properties, what the refusal says, and the case.
CASES = [
    (
        "seen_at",
        "      - {property: applyAsDeletes, value: gone}\n",
        [
            "25: applyAsDeletes asks for what its input lacks",
            "given: gone",
            "expected: id, who, day, seen, _ingested_at",
        ],
        "deletes by a column the input does not have",
    ),
    (
        "seen_at",
        "      - {property: applyAsDeletes, value: max(day) = 'x'}\n",
        ["25: not one expression over one row", "given: max(day) = 'x'"],
        "deletes by more than one row",
    ),
    (
        "seen_at",
        "      - {property: tombstoneRetention, value: 30 days}\n",
        ["25: tombstoneRetention without applyAsDeletes"],
        "tombstones of nothing",
    ),
    (
        "person",
        f"{MARKED}      - {{property: tombstoneRetention, value: 30 days}}\n",
        ["26: tombstoneRetention is measured on sequenceBy", "given: sequenceBy of type string", "timestamp or date"],
        "tombstones that have no age",
    ),
    (
        "seen_at",
        f"{MARKED}      - {{property: tombstoneRetention, value: a while}}\n",
        ["26: tombstoneRetention is not a duration", "given: a while"],
        "tombstones kept for a while",
    ),
    ("seen_at", custom("storedAsScdType: 3"), ["25: unknown storedAsScdType", "given: 3"], "a type there is not"),
    (
        "seen_at",
        custom("exceptColumnList: [seen_at]"),
        ["25: exceptColumnList without storedAsScdType: 2"],
        "untracked columns of no history",
    ),
    (
        "seen_at, person",
        custom("storedAsScdType: 2"),
        ["24: a history is ordered by one column", "given: seen_at, person"],
        "a history in two orders",
    ),
    (
        "person",
        custom("storedAsScdType: 2"),
        ["24: a history is ordered by a column of its key"],
        "a history ordered by its key",
    ),
    (
        "seen_at",
        custom("storedAsScdType: 2", "exceptColumnList: [person]"),
        ["26: exceptColumnList names what is no column beside the key", "given: person", "expected: seen_at"],
        "a key that is not tracked",
    ),
    (
        "seen_at",
        MARKED + custom("storedAsScdType: 2", "tombstoneRetention: 30 days"),
        ["27: a history has no tombstones", "eventRetention"],
        "tombstones of a history",
    ),
    (
        "seen_at",
        custom("storedAsScdType: 2", "ignoreNullUpdates: maybe"),
        ["26: ignoreNullUpdates is yes or no", "given: maybe"],
        "maybe",
    ),
    (
        "seen_at",
        custom("storedAsScdType: 2", "eventRetention: a while"),
        ["26: eventRetention is not a duration"],
        "events kept for a while",
    ),
]


@pytest.mark.parametrize("sequence, customs, said", [pytest.param(*case[:3], id=case[3]) for case in CASES])
def test_a_bad_contract_is_refused_with_file_and_line(tmp_path, sequence, customs, said):
    text = refusal(tmp_path, PEOPLE, SEQUENCE, SEQUENCE.replace("seen_at", sequence) + customs)

    assert text.startswith(f"{PEOPLE}:{said[0]}"), text
    assert [] == [part for part in said if part not in text], text


def test_a_history_has_many_rows_of_one_key_and_is_no_parent(tmp_path):
    text = refusal(tmp_path, PEOPLE, SEQUENCE, SEQUENCE + custom("storedAsScdType: 2"))

    assert text.startswith(f"{VISITS}:25: column person points to a history"), text
