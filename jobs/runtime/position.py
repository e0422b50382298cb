"""How far a table's inputs have been consumed, as its own commits record it.

Every commit carries `{v, flows: {flow: {sequence, run, attempt, inputs, books, fingerprint, warnings, contract,
reason, restored}}}` in its `userMetadata`, for all flows that feed the table, and its flow's sequence as Delta's
transaction version.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jobs.runtime.delta_log import Commit, DeltaLog
from shared.errors import PositionLostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FlowPosition:
    """The position of one flow after a batch.

    Attributes:
        sequence: The number of the batch.
        run: The run that wrote it.
        attempt: The attempt of the run.
        inputs: How far each input was consumed.
        books: The accounts of the rows read, and what reading them cost a source.
        fingerprint: The fingerprint of the contract that it was made under.
        warnings: The value measured by each failed rule of severity `warning`.
        contract: The facts about the contract that are recorded, so that a later batch can tell what has changed.
        reason: Why the batch was made as it was, where there was a choice.
        restored: The batch that a rollback went back to; None without one, or once another batch has come since.
    """

    sequence: int
    run: str
    attempt: str
    inputs: dict[str, Any]
    books: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""
    warnings: dict[str, int | float] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    restored: int | None = None

    @property
    def newest(self) -> int:
        """The newest batch whose rows are there: the last, or the one a rollback went back to if none came since."""
        return self.sequence if self.restored is None else self.restored


# The version of a table that does not exist.
NOWHERE = -1


@dataclass(frozen=True, kw_only=True)
class TablePosition:
    """The positions of all flows of one table.

    Attributes:
        version: The table's version; NOWHERE if there is no table.
        flows: The position of each flow.
        table_id: Delta's id of the table; another table created at the same location has another.
    """

    version: int
    flows: Mapping[str, FlowPosition]
    table_id: str | None = field(default=None, compare=False)

    @property
    def exists(self) -> bool:
        """Whether there is a table."""
        return self.version != NOWHERE

    def after(self, flow: str, position: FlowPosition) -> str:
        """The metadata of the commit that moves `flow` to `position` and leaves all other flows where they are."""
        return replace(self, flows={**self.flows, flow: position}).carried()

    def carried(self) -> str:
        """The metadata of a commit that leaves all flows where they are."""
        flows = {name: asdict(position) for name, position in self.flows.items()}
        return json.dumps({"v": FORMAT, "flows": flows}, sort_keys=True)


def flows_of(commit: Commit) -> dict[str, FlowPosition]:
    """The positions that a commit carries, by flow; none if its metadata is something else, or malformed."""
    carried = commit.metadata
    try:
        flows = carried.get("flows", {}) if carried.get("v") == FORMAT else {}
        return {flow: FlowPosition(**facts) for flow, facts in flows.items()}
    except (AttributeError, TypeError):
        return {}


def read_position(spark: SparkSession, location: str, version: int | None = None) -> TablePosition:
    """Read the position of the table at a location, as of now or of a version.

    A position counts only if its sequence is the table's transaction version of that flow, since a late commit may
    carry an older one. So the log is read backwards until every flow is found. A RESTORE brings old rows back but
    leaves transaction versions as they are. So from a RESTORE the search continues at the version that it restored:
    if the batches that it removed still counted, they would never be read again.

    Raises:
        PositionLostError: a flow's position is in no commit that is still kept, the table was restored to a version
            before it, or the table has rows that no flow wrote.
    """
    log = DeltaLog(spark, location, version)
    if not log.exists:
        return TablePosition(version=NOWHERE, flows={})
    wanted = log.transactions()
    if not wanted and not log.is_empty:
        raise _lost(location, "the table has rows that no flow of the lake wrote")
    found: dict[str, FlowPosition] = {}
    at: int | None = log.version
    passed: list[Commit] = []
    while len(found) < len(wanted):
        commit = log.commit(at) if at is not None and at >= 0 else None
        if commit is None:
            missing = ", ".join(sorted(set(wanted) - set(found)))
            raise _lost(location, f"where {missing} stands is in no commit of {_described(passed)}")
        passed.append(commit)
        carried = flows_of(commit).items()
        found |= {f: p for f, p in carried if f not in found and p.sequence == wanted.get(f)}
        at = commit.restored if commit.is_restore else commit.version - 1
    return TablePosition(version=log.version, flows=found, table_id=log.table_id)


def _described(passed: list[Commit]) -> str:
    """A description of the commits that were read, from the newest back."""
    restores = [f"version {c.version} is a RESTORE" for c in passed if c.is_restore]
    ends = f"the versions {passed[-1].version} to {passed[0].version}" if passed else "the log"
    return ", ".join([ends, *restores])


def _lost(location: str, given: str) -> PositionLostError:
    return PositionLostError(
        f"the position of {location} is lost",
        given=given,
        expected="a commit whose metadata has the sequence of the table's transaction version",
        mend="bring it back to what a run left (./lake rollback RUN --select TABLE), or move it away, but not its "
        "vault, to be built anew",
    )
