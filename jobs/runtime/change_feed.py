"""What changed in a table since a reader last consumed it, from the table's log and its change data feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from jobs.runtime.delta_log import Commit

# What an image adds to the number of equal rows: an insert or the row after an update 1, a delete or the row before an
# update -1.
COUNTS = {"insert": 1, "update_postimage": 1, "delete": -1, "update_preimage": -1}
TIMES = "_times"
# Conditions of Spark and Delta for a feed whose files are gone, or that begins later than the log suggested.
_GONE = ("FAILED_READ_FILE.FILE_NOT_EXIST", "DELTA_MISSING_CHANGE_DATA", "DELTA_CHANGE_DATA_FILE_NOT_FOUND")


class Log(Protocol):
    """The part of a table's log that is read here. The engine reads it through Delta, `./lake plan` from its files."""

    @property
    def location(self) -> str:
        """The table's location."""

    @property
    def table_id(self) -> str:
        """Delta's id of the table; another table created at the same location has another."""

    @property
    def has_feed(self) -> bool:
        """Whether the table's commits write its change data feed."""

    def commit(self, version: int) -> Commit | None:
        """One commit, or None when the log no longer holds it."""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A table between the version that was consumed and the one that is read now.

    Attributes:
        location: The table's location.
        since: The version consumed.
        upto: The version that is read now.
        changed: Whether rows changed in between.
        why_not: Why the change feed cannot be followed; empty when it can, or when no rows changed.
    """

    location: str
    since: int
    upto: int
    changed: bool
    why_not: str = ""


def feed_between(log: Log, since: int, upto: int, table_id: str | None) -> Feed:
    """Find out from the log alone, without a Spark job, whether rows changed and whether the feed can be followed.

    Args:
        log: The table's log.
        since: The version consumed.
        upto: The version that is read now.
        table_id: The id of the table that was consumed; None if it was not recorded.
    """
    location = log.location
    if table_id not in (None, log.table_id) or upto < since:
        return Feed(location=location, since=since, upto=upto, changed=True, why_not="it was recreated")
    changed, why_not = False, "" if log.has_feed else "it has no change data feed"
    for version in range(since + 1, upto + 1):
        commit = log.commit(version)
        if commit is None:
            return Feed(
                location=location, since=since, upto=upto, changed=True, why_not="its log is not kept that long"
            )
        changed = changed or commit.changes_rows
        if commit.is_restore:
            why_not = f"version {version} restored it"
        elif commit.changes_table:
            why_not = f"version {version} changed its columns or properties"
    return Feed(location=location, since=since, upto=upto, changed=changed, why_not=why_not if changed else "")


def images(session: SparkSession, feed: Feed, names: Sequence[str]) -> DataFrame:
    """The rows that were added, with `_times` > 0, and those that were removed, with `_times` < 0, in some columns.

    The commits' effects on a row are added up. So a table that was replaced by an equal one has no changes, nor has
    one in which only other columns changed.

    Grain: one row per distinct row that occurs more or less often than before.
    """
    rows = (
        session.read.format("delta")
        .option("readChangeFeed", "true")
        .option("startingVersion", feed.since + 1)
        .option("endingVersion", feed.upto)
        .load(feed.location)
    )
    kinds = F.create_map(*[F.lit(x) for pair in COUNTS.items() for x in pair])
    counted = rows.groupBy(*names).agg(F.sum(kinds[F.col("_change_type")]).alias(TIMES))
    return counted.where(F.col(TIMES) != 0)


def why_gone(error: Exception) -> str | None:
    """The reason why a feed could not be read, if its files were vacuumed; None for any other error."""
    condition = next((name for name in _GONE if f"[{name}" in str(error)), None)
    return condition and f"the change feed is no longer kept ({condition})"
