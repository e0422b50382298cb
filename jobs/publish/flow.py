"""Publishes one table to one target: the rows that changed since the last time, or every row if these are not known."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from jobs.publish.api import api_turn
from jobs.publish.items import Publication, listed
from jobs.publish.rows import changed, whole
from jobs.publish.turn import BOOKS, Published
from jobs.runtime.change_feed import feed_between, images, why_gone
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.lease import leased_by
from jobs.runtime.session import batch_session
from jobs.runtime.tables import read_version
from shared.errors import LakewrightError, LeaseHeldError, LostRaceError
from shared.jobs import Failure, Status, TableOutcome
from shared.names import table_location
from shared.serving import Target, publication_lease, served_table

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pyspark.sql import SparkSession

    from jobs.publish.turn import Turn
    from jobs.runtime.change_feed import Feed
    from shared.contracts import Catalog, Table
    from shared.jobs import Job

log = logging.getLogger(__name__)


def publish(spark: SparkSession, job: Job, target: Target, table: Table) -> TableOutcome:
    """Bring a target up to the newest version of one table: afterwards it has the table's rows, one per key.

    How far the table is published is recorded with the last of the rows or after them, never before, so that the next
    run completes what one that died has begun.

    Raises:
        LeaseHeldError: another job run publishes the table, and goes on doing so.
        LostRaceError: another job run began to publish the table.
        TargetUnavailableError: the target does not answer.
        TerminalError: the contract does not name the target, or the target refuses.
    """
    # If two runs publish one table, the second waits. What keeps an old row from replacing a new one is the turn alone.
    lease = publication_lease(str(table.name), target)
    with leased_by(job, lease), _turn(job, target, table) as turn:
        # Opened after the turn has begun: a publisher that began before this version existed can write no more.
        newest = DeltaLog(spark, table_location(job.roots.lake, table.name))
        work = _Publishing(
            session=batch_session(spark), job=job, table=table.versions, target=target, turn=turn, log=newest
        )
        return work.run() if newest.exists else work.outcome(Status.UNCHANGED)


def withdraw(job: Job, catalog: Catalog) -> list[TableOutcome]:
    """Delete from the API the rows of tables that contracts no longer serve. In Snowflake that is left to the owner.

    A failure affects no other table, and the next run tries again.

    Returns:
        An outcome for each table that failed, unless another job run is working on it.
    """
    names = sorted(listed(served_table(job.env)) - {str(table.name) for table in catalog.served})
    return [failed for name in names if (failed := _withdrawn(job, name))]


def _withdrawn(job: Job, name: str) -> TableOutcome | None:
    lease = publication_lease(name, Target.API)
    try:
        with leased_by(job, lease):
            rows = Publication(served_table(job.env), name).withdraw()
    except (LeaseHeldError, LostRaceError) as error:
        log.warning("%s is served no more, and another job run is at it: %s", name, error)
        return None
    except (LakewrightError, BotoCoreError, ClientError) as error:
        log.exception("%s is served no more, and its rows could not be taken away", name)
        is_lasting = isinstance(error, LakewrightError) and not error.retryable
        failure = Failure(error=type(error).__name__, message=str(error), retryable=not is_lasting)
        facts = {"step": job.step, "target": Target.API, "reason": "it is served no more, and its rows are there still"}
        return TableOutcome.model_validate({"table": name, "status": Status.FAILED, "failure": failure, **facts})
    log.info("%s is served no more: %s rows taken away", name, rows)
    return None


def _turn(job: Job, target: Target, table: Table) -> AbstractContextManager[Turn]:
    if target is Target.API:
        return api_turn(job, table)
    # The connector takes a second to import, and most processes that import this module never need it.
    from jobs.publish.snowflake import snowflake_turn  # noqa: PLC0415

    return snowflake_turn(job, table)


@dataclass(frozen=True, kw_only=True)
class _Publishing:
    """One table's publication by one job run."""

    session: SparkSession
    job: Job
    table: Table
    target: Target
    turn: Turn
    log: DeltaLog

    def run(self) -> TableOutcome:
        last = self.turn.last
        feed = feed_between(self.log, last.version, self.log.version, last.table_id) if last else None
        why = self._why_whole(feed)
        if feed and not feed.changed and not why:
            return self._unchanged(feed)
        self.turn.begin()
        published = Published(
            reason=self._send(feed, why),
            version=self.log.version,
            table_id=self.log.table_id,
            shape=self.turn.shape,
            run=self.job.run_id,
            books=self.turn.books,
            warnings=self.turn.warnings,
            moment=self.log.moment_at(self.log.version),
        )
        self.turn.end(published)
        return self.outcome(Status.SUCCEEDED, published)

    def outcome(self, status: Status, published: Published | None = None) -> TableOutcome:
        """The outcome: how far the table is published, and what this run did for that."""
        fields: dict[str, Any] = {"version": published.version} if published else {}
        if published and status is Status.SUCCEEDED:
            books = {name: published.books[name] for name in BOOKS}
            fields |= {"reason": published.reason, "warnings": published.warnings, **books}
        facts = {"table": str(self.table.name), "step": self.job.step, "target": self.target, "status": status}
        return TableOutcome.model_validate(facts | fields)

    def _why_whole(self, feed: Feed | None) -> str:
        """Why every row has to be sent; empty if the feed says which rows changed."""
        if self.turn.last is None or feed is None:
            return "nothing of it was published yet"
        reshaped = "its place, its columns or its key changed" if self.turn.last.shape != self.turn.shape else ""
        return self.turn.why_whole or reshaped or feed.why_not or self._why_another(self.turn.last)

    def _why_another(self, last: Published) -> str:
        """The reason if the lake was cut back to before what is published, and has new versions since; else empty."""
        is_another = last.moment and self.log.moment_at(last.version) not in {None, last.moment}
        return "the version that was published is another now" if is_another else ""

    def _unchanged(self, feed: Feed) -> TableOutcome:
        """The outcome if there is nothing to send; if an earlier attempt of this run published, that one's.

        A newer version with the same rows is recorded as published.
        """
        last = self.turn.last
        if last and last.run == self.job.run_id:
            return self.outcome(Status.SUCCEEDED, last)
        if last and feed.upto > feed.since:
            last = replace(last, version=self.log.version, moment=self.log.moment_at(self.log.version))
            self.turn.end(last)
        return self.outcome(Status.UNCHANGED, last)

    def _send(self, feed: Feed | None, why: str) -> str:
        """Send the rows that changed, or, if these are not known, every row; return the reason if it was every row."""
        if feed and not why:
            try:
                found = images(self.session, feed, self.table.column_names)
                self.turn.send(changed(found, self.table), self.log.version)
            except (Py4JJavaError, PySparkException) as error:
                if not (gone := why_gone(error)):
                    raise
                why = gone
            else:
                return ""
        rows = read_version(self.session, self.log.location, self.log.version)
        self.turn.replace(whole(rows, self.table), self.log.version)
        return f"published whole: {why}"
