"""Whether tables are as new as their contracts promise, according to the ledger's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.jobs import Status, Step
from shared.ledger import FreshnessPromise
from shared.moments import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.contracts import Catalog
    from shared.jobs import TableOutcome
    from shared.ledger import RunRecord

# The steps that bring a table up to date, and the statuses of a table that one of them did.
WRITING_STEPS = frozenset({Step.INGEST, Step.REFINE, Step.BUILD})
UP_TO_DATE = frozenset({Status.SUCCEEDED, Status.UNCHANGED})
# How often a deployed lake is checked.
CHECK_INTERVAL = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class TableAge:
    """How old a table is, and how old it may be.

    Attributes:
        promise: The contract's promise.
        as_of: The moment that the table is as of; None if no run says so.
        promised_at: When the first of the runs that were read ended whose page has the promise; None if none has it.
    """

    promise: FreshnessPromise
    as_of: datetime | None
    promised_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether the table is older than promised."""
        return self.as_of is None or now - self.as_of > timedelta(seconds=self.promise.seconds)

    def was_late(self, then: datetime) -> bool:
        """Whether the table was late at an earlier moment; one without a known age, since its promise was made."""
        if self.as_of is None:
            return self.promised_at is not None and self.promised_at <= then
        return self.is_late(then)


def promises(catalog: Catalog) -> tuple[FreshnessPromise, ...]:
    """The promises of the contracts, in dependency order."""
    return tuple(
        FreshnessPromise(
            table=name,
            seconds=table.freshness.seconds,
            cursor=table.freshness.cursor,
            upstream=tuple(sorted(catalog.requirements(name))),
            machines=tuple(sorted(catalog.machines_for(name))),
        )
        for name, table in catalog.tables.items()
        if table.freshness
    )


def ages(promised: Iterable[FreshnessPromise], records: Iterable[RunRecord]) -> list[TableAge]:
    """The age of each promised table, from the pages of runs in any order.

    A table is as of the last run in which its step succeeded, whether or not there was anything new, but no newer than
    what it depends on: a run of gold alone makes nothing newer than silver is. With a cursor it is as of the greatest
    value that has been read from its source.
    """
    made: dict[str, datetime] = {}
    read: dict[str, str] = {}
    since: dict[str, datetime] = {}
    for record in sorted(records, key=_ended_at):
        since = {p.table: _ended_at(record) for p in record.promises} | since
        for outcome in _up_to_date(record):
            made[outcome.table], read[outcome.table] = _ended_at(record), outcome.cursor
    return [TableAge(promise=p, as_of=_as_of(p, made, read), promised_at=since.get(p.table)) for p in promised]


def deciding(promised: Iterable[FreshnessPromise], records: Iterable[RunRecord]) -> Iterator[RunRecord]:
    """Give records, newest first, until every promised table and all it depends on was brought up to date by one."""
    missing = {name for p in promised for name in (p.table, *p.upstream)}
    for record in records:
        yield record
        missing -= {outcome.table for outcome in _up_to_date(record)}
        if not missing:
            return


def _up_to_date(record: RunRecord) -> list[TableOutcome]:
    """The outcomes of the tables that a run brought up to date, whatever became of those they depend on."""
    return [o for o in record.outcomes if o.step in WRITING_STEPS and o.status in UP_TO_DATE and not record.reads_again]


def _as_of(promise: FreshnessPromise, made: dict[str, datetime], read: dict[str, str]) -> datetime | None:
    if promise.cursor:
        newest = read.get(promise.table)
        return moment_of(newest) if newest else None
    moments = [made.get(name) for name in (promise.table, *promise.upstream)]
    return min((m for m in moments if m), default=None) if all(moments) else None


def _ended_at(record: RunRecord) -> datetime:
    return datetime.fromisoformat(record.finished_at).astimezone(UTC)
