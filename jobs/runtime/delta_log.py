"""Reads a Delta table's log through Delta's own log store.

Uses the JVM class `DeltaLog` of Delta 4.2: it is the only reader that sees commits as the writer does on S3, and it
answers in milliseconds where `DESCRIBE HISTORY` starts a Spark job.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.sql.types import StructType

from jobs.runtime.jvm import files_at, java_class
from shared.retention import LOG_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from jobs.runtime.change_feed import Log

CHANGE_FEED = "delta.enableChangeDataFeed"
# A table's property while a rollback is unfinished: the run that the table is being brought back to.
ROLLED_BACK = "lakewright.rolledBackTo"
COMMIT_FILE = re.compile(r"\d{20}\.json")
# An OPTIMIZE writes its files with `false`.
MOVES_ROWS = '"dataChange":true'


@dataclass(frozen=True)
class Commit:
    """One commit of a table.

    `info` is its `commitInfo` action, empty if the writer left none; `transactions` are the transaction versions it
    set, by writer. `changes_rows` says whether it added or removed rows, `changes_table` whether it set columns or
    properties.
    """

    version: int
    info: dict[str, Any]
    transactions: dict[str, int] = field(default_factory=dict)
    changes_rows: bool = False
    changes_table: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """The commit's `userMetadata`, which carries positions; empty if there is none, or it is no JSON object."""
        try:
            found = json.loads(self.info.get("userMetadata") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_restore(self) -> bool:
        """Whether the commit restored an older version."""
        return self.info.get("operation") == "RESTORE"

    @property
    def restored(self) -> int | None:
        """The version that a RESTORE restored; None if it was given a time, and does not record the version."""
        version = self.info.get("operationParameters", {}).get("version")
        return None if version is None else int(version)

    @property
    def moment(self) -> int:
        """When the commit was made, in milliseconds by its writer's clock."""
        return int(self.info.get("timestamp", 0))

    @property
    def metrics(self) -> dict[str, int]:
        """Delta's own counts of what the operation did."""
        return {k: int(v) for k, v in self.info.get("operationMetrics", {}).items() if str(v).isdigit()}


def parse_commit(version: int, text: str) -> Commit:
    """Parse the text of a commit's file."""
    # Not splitlines(), which also splits at U+0085 and U+2028: statistics contain such characters unescaped.
    lines = [line for line in text.split("\n") if line]
    # A large commit adds thousands of files, which are not needed here.
    actions = [json.loads(line) for line in lines if not line.startswith('{"add"')]
    infos = [action["commitInfo"] for action in actions if "commitInfo" in action]
    transactions = {a["txn"]["appId"]: a["txn"]["version"] for a in actions if "txn" in a}
    return Commit(
        version,
        infos[0] if infos else {},
        transactions,
        changes_rows=any(line.startswith(('{"add"', '{"remove"')) and MOVES_ROWS in line for line in lines),
        changes_table=any("metaData" in action for action in actions),
    )


def made_by(log: Log, version: int) -> int:
    """The version whose commit made the rows of a version; one before the log's oldest commit if that is not known.

    Versions with the same result have the same rows: upkeep does not change rows, and a RESTORE brings back those of
    another version.
    """
    at = version
    while at >= 0 and (commit := log.commit(at)):
        if commit.is_restore and commit.restored is not None:
            at = commit.restored
        elif commit.changes_rows:
            break
        else:
            at -= 1
    return at


class DeltaLog:
    """The log of the table at a location, as of now or of a version. `version` is -1 when there is no table."""

    def __init__(self, spark: SparkSession, location: str, version: int | None = None) -> None:
        self._session, self.location = spark, location
        self._none = java_class(spark, "scala.Option").empty()
        logs = java_class(spark, "org.apache.spark.sql.delta.DeltaLog")
        self._log = logs.forTable(spark._jsparkSession, location)  # noqa: SLF001 - it has no public name
        self._snapshot = self._log.update(False, self._none, self._none)  # noqa: FBT003 - Scala's parameters have no names here
        if version is not None and version < self._snapshot.version():
            self._snapshot = self._at(version)
        self.version: int = self._snapshot.version()

    @property
    def exists(self) -> bool:
        """Whether there is a table."""
        return self.version >= 0

    @property
    def is_empty(self) -> bool:
        """Whether the table has no data files."""
        return self.files == 0

    @property
    def files(self) -> int:
        """How many data files the table has."""
        return int(self._snapshot.numOfFiles()) if self.exists else 0

    @property
    def schema(self) -> StructType:
        """The table's columns, as of the version this log was opened at."""
        return StructType.fromJson(json.loads(self._snapshot.schema().json()))

    @property
    def table_id(self) -> str:
        """Delta's id of the table; another table created at the same location has another."""
        return str(self._snapshot.metadata().id())

    @property
    def has_feed(self) -> bool:
        """Whether the table's commits write its change data feed."""
        return self.property_of(CHANGE_FEED) == "true"

    @property
    def rolled_back_to(self) -> str | None:
        """The run that an unfinished rollback is bringing the table back to; None if there is no such rollback."""
        return self.property_of(ROLLED_BACK) if self.exists else None

    def property_of(self, name: str) -> str | None:
        """The value of a property of the table; None if it is not set."""
        found = self._snapshot.metadata().configuration().get(name)
        return str(found.get()) if found.isDefined() else None

    def transactions(self) -> dict[str, int]:
        """The last transaction version of every writer (`txnAppId`)."""
        found, entries = {}, self._set_transactions().iterator()
        while entries.hasNext():
            entry = entries.next()
            found[entry.appId()] = entry.version()
        return found

    def _set_transactions(self) -> Any:  # noqa: ANN401 - a collection of Scala's
        """The transaction versions, from the checksum file of the commit; without one Spark jobs read the whole log."""
        checksum = self._snapshot.checksumOpt()
        recorded = checksum.get().setTransactions() if checksum.isDefined() else checksum
        return recorded.get() if recorded.isDefined() else self._snapshot.setTransactions()

    def commits(self, after: int = -1) -> Iterator[Commit]:
        """The commits after a version, newest first, as far back as the log keeps them."""
        for version in range(self.version, after, -1):
            commit = self.commit(version)
            if commit is None:
                return
            yield commit

    def version_at(self, moment: datetime) -> int | None:
        """The newest version at a moment; None if the log does not reach back that far."""
        millis = int(moment.timestamp() * 1000)
        return next((c.version for c in self.commits() if c.moment <= millis), None)

    def reaches(self, version: int) -> bool:
        """Whether the log still has the state of a version; commits and checkpoints are deleted after a month."""
        try:
            self._at(version)
        except Py4JJavaError as error:
            if "FileNotFound" in str(error.java_exception):
                return False
            raise
        return True

    def moment_at(self, version: int) -> int | None:
        """When a version was committed, in milliseconds; None if the log no longer has its commit."""
        return commit.moment if (commit := self.commit(version)) else None

    def forget_expired(self) -> None:
        """Have Delta delete the commits that are older than the log's retention.

        It deletes them when it writes a checkpoint, and only if the first version that stays has a checkpoint: with one
        every ten commits, that is rarely so. Source: tried with Delta 4.2; `metadataCleanupAllowed` there.
        """
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        moments = self._written()
        expired = [version for version, moment in moments.items() if moment <= today - timedelta(days=LOG_DAYS)]
        if expired and min(moments) < (stays := min(max(expired) + 1, self.version)):
            self._log.checkpoint(self._at(stays), self._none)
            # What this process has cached of the table refers to commits that are gone.
            logs = java_class(self._session, "org.apache.spark.sql.delta.DeltaLog")
            logs.invalidateCache(self._session._jsparkSession, self._log.dataPath())  # noqa: SLF001 - as above
            # Readers begin at the newest checkpoint; without one here they would read all commits since the old one.
            newest = DeltaLog(self._session, self.location)
            newest._log.checkpoint(newest._snapshot, self._none)

    def _at(self, version: int) -> Any:  # noqa: ANN401 - a class of Scala's
        return self._log.getSnapshotAt(version, self._none, self._none, False)  # noqa: FBT003 - as above

    def _written(self) -> dict[int, datetime]:
        """When each commit's file in the log was written; like Delta, each is taken to be later than the one before."""
        files, path = files_at(self._session, f"{self.location}/_delta_log")
        found = {f.getPath().getName(): f.getModificationTime() for f in files.listStatus(path)}
        moments, last = {}, 0
        for name in sorted(name for name in found if COMMIT_FILE.fullmatch(name)):
            last = max(last + 1, found[name])
            moments[int(name.partition(".")[0])] = datetime.fromtimestamp(last / 1000, UTC)
        return moments

    def commit(self, version: int) -> Commit | None:
        """One commit, or None if the log no longer has it."""
        path = java_class(self._session, "org.apache.hadoop.fs.Path")(f"{self.location}/_delta_log/{version:020d}.json")
        try:
            text = str(self._log.store().read(path, self._log.newDeltaHadoopConf()).mkString("\n"))
        except Py4JJavaError as error:
            if "FileNotFound" in str(error.java_exception):
                return None
            raise
        return parse_commit(version, text)
