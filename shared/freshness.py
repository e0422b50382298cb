"""Whether tables are as new as their contracts promise, told by the ledger's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.jobs import FreshnessPromise, Status, Step
from shared.moments import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.contracts import Catalog
    from shared.jobs import RunRecord, TableOutcome

# The steps that bring a table up to date, and how they end where they did.
MAKING = frozenset({Step.INGEST, Step.REFINE, Step.BUILD})
WELL = frozenset({Status.SUCCEEDED, Status.UNCHANGED})
# How often a deployed lake is looked at.
LOOKED_AT_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class TableAge:
    """A table's promise, and the moment it is as of; None where no run says one.

    `promised_at` is the end of the first run, of those looked at, that knows of the promise; None where none does.
    """

    promise: FreshnessPromise
    as_of: datetime | None
    promised_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Whether the table is older than promised."""
        return self.as_of is None or now - self.as_of > timedelta(seconds=self.promise.seconds)

    def was_late(self, then: datetime) -> bool:
        """Whether the table was late at an earlier moment: one that no run says anything of, since it is promised."""
        if self.as_of is None:
            return self.promised_at is not None and self.promised_at <= then
        return self.is_late(then)


def promises(catalog: Catalog) -> tuple[FreshnessPromise, ...]:
    """What the contracts promise, in dependency order."""
    return tuple(
        FreshnessPromise(
            table=name,
            seconds=table.freshness.seconds,
            cursor=table.freshness.cursor,
            upstream=tuple(sorted(catalog.requirements(name))),
        )
        for name, table in catalog.tables.items()
        if table.freshness
    )


def ages(promised: Iterable[FreshnessPromise], records: Iterable[RunRecord]) -> list[TableAge]:
    """Check promises against runs, in whatever order those come.

    A table is as of the last run in which its step ended well, whether or not there was anything new, but not newer
    than what it depends on: a run of gold alone makes nothing newer than silver is. With a cursor it is as of the
    greatest value that has been read of its source.
    """
    made: dict[str, datetime] = {}
    read: dict[str, str] = {}
    since: dict[str, datetime] = {}
    for record in sorted(records, key=_ended_at):
        since = {p.table: _ended_at(record) for p in record.promises} | since
        for outcome in _well_made(record):
            made[outcome.table], read[outcome.table] = _ended_at(record), outcome.cursor
    return [TableAge(promise=p, as_of=_as_of(p, made, read), promised_at=since.get(p.table)) for p in promised]


def deciding(promised: Iterable[FreshnessPromise], records: Iterable[RunRecord]) -> Iterator[RunRecord]:
    """The records, newest first, up to the one after which each table of a promise was brought up to date once."""
    missing = {name for p in promised for name in (p.table, *p.upstream)}
    for record in records:
        yield record
        missing -= brought_up_to_date(record)
        if not missing:
            return


def brought_up_to_date(record: RunRecord) -> set[str]:
    """The tables that a run brought up to date, as far as its own steps go."""
    return {outcome.table for outcome in _well_made(record)}


def _well_made(record: RunRecord) -> list[TableOutcome]:
    return [o for o in record.outcomes if o.step in MAKING and o.status in WELL and not record.reads_again]


def _as_of(promise: FreshnessPromise, made: dict[str, datetime], read: dict[str, str]) -> datetime | None:
    if promise.cursor:
        newest = read.get(promise.table)
        return moment_of(newest) if newest else None
    moments = [made.get(name) for name in (promise.table, *promise.upstream)]
    return min((m for m in moments if m), default=None) if all(moments) else None


def _ended_at(record: RunRecord) -> datetime:
    return datetime.fromisoformat(record.finished_at).astimezone(UTC)
