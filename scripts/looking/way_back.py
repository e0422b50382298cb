"""Which tables a rollback would bring back, and over how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.position import flow_position
from shared.errors import RollbackError

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run
    from shared.contracts import Table


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """A table with batches of later than a run: its version and its last batch's run, now and when the run ended."""

    table: str
    version: int
    last_run: str
    version_then: int
    last_run_then: str


def way_back(lake: Lake, run: Run, table: Table) -> WayBack | None:
    """What a rollback to a run would change of a table; None where nothing, or where there was no such table then.

    Raises:
        TerminalError: the table's log does not hold the version of then any more.
        RollbackError: it was made anew since.
    """
    version, flow = run.version(table.name), str(table.name)
    now = lake.table(table.name)
    if now is not None and (why := run.why_not_same_table(table.name, now)):
        raise RollbackError(
            f"version {version} of {flow} was of a table that is no longer there",
            given=f"{why}: it was made anew since {run.run_id}",
            expected="the table that the run left",
            mend="go back to a later run, or --select the other tables",
        )
    if now is None or version is None or now.version() == version:
        return None
    earlier = lake.table(table.name, version)
    then = flow_position(now, flow, earlier) if earlier else None
    last = flow_position(now, flow)
    if then is None or last is None or (then.run, then.inputs) == (last.run, last.inputs):
        return None
    return WayBack(table=flow, version=now.version(), last_run=last.run, version_then=version, last_run_then=then.run)
