"""A version on a run's page is of the current table, unless an id, a number or a time says otherwise."""

from datetime import UTC, datetime

import pytest

from shared.ledger import TableVersion
from shared.table_identity import why_not_same_table

END = datetime(2026, 3, 10, 12, tzinfo=UTC)
END_MILLIS = 1_773_144_000_000


@pytest.mark.parametrize(
    "told, written_at, expected",
    [
        pytest.param({"version": 1, "table_id": "a"}, None, "", id="the same"),
        pytest.param({"version": 1, "table_id": "a"}, END_MILLIS + 5000, "", id="the same, by another clock"),
        pytest.param({"version": 1, "table_id": "b"}, None, "had the id b, and the one that is there has a", id="id"),
        pytest.param({"version": 4, "table_id": "a"}, None, "the newest version that is there is 3", id="number"),
        pytest.param({"version": None, "table_id": None}, None, "", id="there was none"),
        pytest.param({"version": 1}, END_MILLIS + 999, "", id="no id, and written in the second of the end"),
        pytest.param({"version": 1}, END_MILLIS + 1000, "written after the run had ended", id="no id, written later"),
        pytest.param({"version": 1}, None, "", id="no id, and no commit any more"),
        pytest.param({"version": 4}, None, "the newest version that is there is 3", id="no id, and no such number"),
    ],
)
def test_version_of_another_table_is_recognized(told, written_at, expected):
    found = why_not_same_table(
        TableVersion(table="silver.x", **told), END, table_id="a", newest=3, written_at=lambda _: written_at
    )

    assert (expected in found, bool(expected)) == (True, bool(found))
