"""A batch commits only if every row read is accounted for, and its MERGE must do what the books say."""

import pytest

from jobs.runtime.books import audit, balance
from jobs.runtime.delta_log import Commit
from shared.errors import UnbalancedBooksError

MERGED = {"numTargetRowsInserted": "2", "numTargetRowsUpdated": "1", "numTargetRowsDeleted": "1", "numOutputRows": "9"}
BOOKS = {"inserted": 2, "updated": 1, "deleted": 1}


@pytest.mark.parametrize(
    "books",
    [
        pytest.param({"read": 0}, id="nothing read"),
        pytest.param(
            {"read": 15, "inserted": 1, "updated": 2, "superseded": 3, "quarantined": 4, "tombstoned": 5},
            id="every account",
        ),
        pytest.param({"read": 1, "inserted": 1, "deleted": 5}, id="deleted rows were not read"),
        pytest.param({"read": 3, "recorded": 2, "superseded": 1, "inserted": 7}, id="versions were not read"),
    ],
)
def test_books_that_add_up_balance(books):
    balance("silver.orders", books)


@pytest.mark.parametrize(
    "books, words",
    [
        pytest.param({"read": 3, "inserted": 2}, "3 rows read, 2 accounted for", id="a row is lost"),
        pytest.param({"read": 3, "inserted": 3, "updated": 1}, "3 rows read, 4 accounted for", id="a row counts twice"),
        pytest.param({"read": 3, "inserted": 5, "superseded": -2}, "3 rows read, 3 accounted for", id="less than none"),
    ],
)
def test_books_that_do_not_add_up_stop_the_batch(books, words):
    with pytest.raises(UnbalancedBooksError, match=f"the books of silver.orders do not balance; given: {words}"):
        balance("silver.orders", books)


def test_a_merge_that_did_what_its_books_say_passes():
    audit("silver.orders", BOOKS, Commit(7, {"operationMetrics": MERGED}))


@pytest.mark.parametrize(
    "metric, words",
    [
        pytest.param("numTargetRowsInserted", "inserted = 2", id="inserted"),
        pytest.param("numTargetRowsUpdated", "updated = 1", id="updated"),
        pytest.param("numTargetRowsDeleted", "deleted = 1", id="deleted"),
    ],
)
def test_a_merge_that_did_something_else_is_a_defect(metric, words):
    landed = Commit(7, {"operationMetrics": MERGED | {metric: "8"}})
    with pytest.raises(UnbalancedBooksError, match=f"given: {metric} = 8 in version 7; expected: {words}"):
        audit("silver.orders", BOOKS, landed)


def test_an_engine_that_counts_nothing_is_a_defect_too():
    with pytest.raises(UnbalancedBooksError, match="numTargetRowsInserted = 0"):
        audit("silver.orders", BOOKS, Commit(7, {}))
