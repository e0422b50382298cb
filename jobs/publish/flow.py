"""One served table: what changed since it was last published goes to the items that the API reads."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.publish.items import Publication, Published, listed
from jobs.publish.rows import changed, served, shape_of, whole
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.feed import images, look, why_gone
from jobs.runtime.lease import leased
from jobs.runtime.session import batch_session
from jobs.runtime.tables import read_version
from shared.errors import TerminalError
from shared.jobs import Status, TableOutcome
from shared.names import lease_table, table_location
from shared.serving import publication_lease, served_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.feed import Feed
    from shared.contracts import Catalog, Table
    from shared.jobs import Job
    from shared.serving import ServedPath

log = logging.getLogger(__name__)

BOOKS = ("read", "inserted", "updated", "deleted")
# What the run warns of: rows that nobody could ask for, and that therefore are not there.
NO_PATH = "key_in_no_path"


def publish(spark: SparkSession, job: Job, table: Table) -> TableOutcome:
    """Bring the items of one table up to its newest version: afterwards they are its rows, one item per key.

    Rows go out one transaction after the other, so meanwhile some are newer than others. How far the table is
    published is written last: a run that dies on the way is made good by the next one, which sends every row.

    Raises:
        LeaseHeldError: another job run publishes the table, and goes on doing so.
        LostRaceError: another job run began to publish the table.
        TerminalError: the contract says of no path at which it is served.
    """
    if table.served_at is None:
        raise TerminalError(f"{table.name} is not served", mend="name a server of type api in its contract")
    # Of two runs that meet here the second one waits. That an old row cannot follow a new one rests on the turn alone.
    with leased(lease_table(job.env), publication_lease(str(table.name)), f"{job.run_id}/{job.attempt}"):
        turn = Publication(served_table(job.env), str(table.name))
        # Looked at after the turn has begun: whoever began before this version was there can write no more.
        there = DeltaLog(spark, table_location(job.roots.lake, table.name))
        if not there.exists:
            return _outcome(job, table, Status.UNCHANGED)
        session = batch_session(spark)
        return _Publishing(session=session, job=job, table=table, path=table.served_at, turn=turn, log=there).run()


def withdraw(job: Job, catalog: Catalog) -> None:
    """Take away the rows of tables that the contracts serve no more.

    Raises:
        LostRaceError: another job run began to publish one of them.
    """
    for name in sorted(listed(served_table(job.env)) - {str(table.name) for table in catalog.served}):
        log.info("%s is served no more: %s rows taken away", name, Publication(served_table(job.env), name).withdraw())


@dataclass(frozen=True, kw_only=True)
class _Publishing:
    """One table's publication by one job run."""

    session: SparkSession
    job: Job
    table: Table
    path: ServedPath
    turn: Publication
    log: DeltaLog

    def run(self) -> TableOutcome:
        last, shape = self.turn.last, shape_of(self.table, self.path)
        feed = look(self.log, last.version, self.log.version, last.table_id) if last else None
        why = self._why_whole(feed, shape)
        if feed and not feed.changed and not why:
            return self._unchanged(feed)
        self.turn.begin()
        books, reason = self._publish(feed, why)
        published = Published(
            version=self.log.version,
            table_id=self.log.table_id,
            shape=shape,
            run=self.job.run_id,
            books=books,
            reason=reason,
        )
        self.turn.end(published)
        return _outcome(self.job, self.table, Status.SUCCEEDED, published)

    def _why_whole(self, feed: Feed | None, shape: str) -> str:
        """Why every row has to be sent; empty where the feed tells which."""
        if self.turn.last is None or feed is None:
            return "nothing of it was published yet"
        if self.turn.is_broken:
            return "the publication before did not come to its end"
        return "its path or its columns changed" if self.turn.last.shape != shape else feed.why_not

    def _unchanged(self, feed: Feed) -> TableOutcome:
        """Nothing to send. When an earlier attempt of this run published, what it did is the outcome."""
        last = self.turn.last
        if last and last.run == self.job.run_id:
            return _outcome(self.job, self.table, Status.SUCCEEDED, last)
        if last and feed.upto > feed.since:
            self.turn.end(replace(last, version=self.log.version))
        return _outcome(self.job, self.table, Status.UNCHANGED, last)

    def _publish(self, feed: Feed | None, why: str) -> tuple[dict[str, int], str]:
        """Send what changed, or, where that is not known, every row; the books, and the reason if it was every row."""
        if feed and not why:
            try:
                return self._send(changed(images(self.session, feed, self.table.column_names), self.table)), ""
            except (Py4JJavaError, PySparkException) as error:
                if not (gone := why_gone(error)):
                    raise
                why = gone
        books = self._send(whole(read_version(self.session, self.log.location, self.log.version), self.table))
        if self.turn.last or self.turn.is_broken:
            books["deleted"] = self.turn.sweep()
        return books, f"published whole: {why}"

    def _send(self, rows: DataFrame) -> dict[str, int]:
        books = dict.fromkeys((*BOOKS, NO_PATH), 0)
        self.turn.write(_counted(served(rows, self.path), books), self.log.version)
        return books


def _counted(
    rows: Iterator[tuple[str | None, str | None, bool]], books: dict[str, int]
) -> Iterator[tuple[str, str | None]]:
    """The rows that have a path, as they are counted; the others are counted as well."""
    for path, row, was_there in rows:
        if path is None:
            books[NO_PATH] += 1
            continue
        account = "deleted" if row is None else "updated" if was_there else "inserted"
        books[account] += 1
        books["read"] += row is not None
        yield path, row


def _outcome(job: Job, table: Table, status: Status, published: Published | None = None) -> TableOutcome:
    said: dict[str, Any] = {"version": published.version} if published else {}
    if published and status is Status.SUCCEEDED:
        books = {name: published.books[name] for name in BOOKS}
        warnings = {NO_PATH: count} if (count := published.books[NO_PATH]) else {}
        said |= {"reason": published.reason, "warnings": warnings, **books}
    return TableOutcome.model_validate({"table": str(table.name), "step": job.step, "status": status, **said})
