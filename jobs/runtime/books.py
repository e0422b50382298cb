"""The books of a batch: every row read is accounted for, or the batch does not commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import UnbalancedBooksError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.runtime.delta_log import Commit
    from shared.jobs import TableOutcome

ACCOUNTS = ("inserted", "updated", "tombstoned", "superseded", "quarantined")
# A history reads events; what is inserted, updated and deleted there are versions, which the rows read do not equal.
EVENT_ACCOUNTS = ("recorded", "superseded", "quarantined")
# What an outcome has of the books: the accounts, and what reading cost the source.
COUNTS = ("read", *ACCOUNTS, "deleted", "recorded", "requests", "bytes")


def balance(table: str, books: dict[str, int]) -> None:
    """Refuse a batch whose rows read differ from the sum of its accounts.

    Raises:
        UnbalancedBooksError: they differ, or an account is negative.
    """
    accounts = EVENT_ACCOUNTS if "recorded" in books else ACCOUNTS
    counts = [books.get(account, 0) for account in accounts]
    if books["read"] != sum(counts) or min(counts) < 0:
        raise UnbalancedBooksError(
            f"the books of {table} do not balance",
            given=f"{books['read']} rows read, {sum(counts)} accounted for: {books}",
            expected="read = " + " + ".join(accounts) + ", none below 0",
            mend="nothing was committed; the source gave two different answers for one batch: start the run again",
        )


def audit(table: str, books: dict[str, int], landed: Commit) -> None:
    """Compare the books of a committed batch with Delta's own count of what its MERGE did.

    Raises:
        UnbalancedBooksError: they differ.
    """
    names = {"numTargetRowsInserted": "inserted", "numTargetRowsUpdated": "updated", "numTargetRowsDeleted": "deleted"}
    for metric, account in names.items():
        done = landed.metrics.get(metric, 0)
        if done != books.get(account, 0):
            raise UnbalancedBooksError(
                f"the MERGE into {table} did something else than its batch says",
                given=f"{metric} = {done} in version {landed.version}",
                expected=f"{account} = {books.get(account, 0)}",
                mend="restore the table to the version before, and report it: this is a defect of the engine",
            )


def add_books(
    outcome: TableOutcome, books: Mapping[str, int | None], warnings: Mapping[str, int | float]
) -> TableOutcome:
    """The outcome of a batch, with the books and warnings of an earlier one of the same run added.

    Args:
        outcome: What the later batch did.
        books: Rows by account, and what reading them cost the source; what is missing or None is unknown.
        warnings: The counts of the earlier batch.
    """
    counts = {name: (getattr(outcome, name) or 0) + count for name, count in books.items() if count is not None}
    names = [*warnings, *(name for name in outcome.warnings if name not in warnings)]
    both = {name: warnings.get(name, 0) + outcome.warnings.get(name, 0) for name in names}
    return outcome.model_copy(update={**counts, "warnings": both})
