"""How far a table's inputs have been consumed, as the table's own commits say it.

Every commit carries `{v, flows: {flow: {sequence, run, attempt, inputs, books, fingerprint}}}` in its `userMetadata`,
for all flows that feed the table, and its flow's sequence as Delta's transaction version.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.runtime.delta_log import DeltaLog
from shared.errors import PositionLostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import SparkSession

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FlowPosition:
    """Where one flow stands after its batch number `sequence`.

    `inputs` says how far each input was consumed, `books` what became of the rows read, `fingerprint` which contract
    decided it, `run` and `attempt` who wrote it.
    """

    sequence: int
    run: str
    attempt: str
    inputs: dict[str, Any]
    books: dict[str, int] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class TablePosition:
    """All flows of one table, as of one version; version -1 when there is no table."""

    version: int
    flows: Mapping[str, FlowPosition]

    def after(self, flow: str, position: FlowPosition) -> str:
        """The metadata of the commit that takes `flow` to `position` and carries all other flows on."""
        flows = {name: asdict(p) for name, p in {**self.flows, flow: position}.items()}
        return json.dumps({"v": FORMAT, "flows": flows}, sort_keys=True)


def read_position(spark: SparkSession, location: str) -> TablePosition:
    """Read the position of the table at a location.

    A position counts only if its sequence is the table's transaction version of that flow: a commit that landed late
    may carry an older one, and a RESTORE does not take transaction versions back. So the log is walked backwards
    until every flow is found.

    Raises:
        PositionLostError: a flow's position is in no commit that is still kept, or the table has rows that no flow
            wrote.
    """
    log = DeltaLog(spark, location)
    if not log.exists:
        return TablePosition(version=-1, flows={})
    wanted = log.transactions()
    if not wanted and not log.is_empty:
        raise _lost(location, "the table has rows that no flow of the lake wrote")
    found: dict[str, FlowPosition] = {}
    version = log.version
    while len(found) < len(wanted):
        commit = log.commit(version) if version >= 0 else None
        if commit is None:
            missing = ", ".join(sorted(set(wanted) - set(found)))
            raise _lost(location, f"no commit down to version {version + 1} says where {missing} stands")
        for flow, facts in commit.metadata.get("flows", {}).items():
            if flow not in found and facts["sequence"] == wanted.get(flow):
                found[flow] = FlowPosition(**facts)
        version -= 1
    return TablePosition(version=log.version, flows=found)


def _lost(location: str, given: str) -> PositionLostError:
    return PositionLostError(
        f"the position of {location} is lost",
        given=given,
        expected="a commit whose metadata has the sequence of the table's transaction version",
        mend="restore the table to a version written by the lake, or move it away so that it is built anew",
    )
