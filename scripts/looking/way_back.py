"""Which tables a rollback would bring back, and over how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import made_by
from scripts.looking.files import find_files
from scripts.looking.log import StoredLog
from scripts.looking.position import flow_position
from shared.errors import RollbackError
from shared.retention import HISTORY_DAYS

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run
    from shared.contracts import Table

# Where no commit says which run a table's last batch was of.
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """A table with other rows than when a run ended: its version and its last batch's run, now and then."""

    table: str
    version: int
    last_run: str
    version_then: int
    last_run_then: str


def way_back(lake: Lake, run: Run, table: Table) -> WayBack | None:
    """What a rollback to a run would change of a table; None where nothing, or where there was no such table then.

    Raises:
        TerminalError: the table's log does not hold the version of then any more.
        RollbackError: it was made anew since, or files of that version are gone.
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
    if earlier is None or then is None:
        return None
    log = StoredLog(lake.location(table.name), now)
    is_same_batch = last is not None and (then.run, then.inputs) == (last.run, last.inputs)
    # Upkeep and erasures delete rows without a batch.
    if is_same_batch and made_by(log, log.version) == made_by(log, version):
        return None
    _refuse_gaps(flow, log.location, earlier)
    last_run = last.run if last else UNKNOWN
    return WayBack(table=flow, version=now.version(), last_run=last_run, version_then=version, last_run_then=then.run)


def _refuse_gaps(name: str, location: str, then: DeltaTable) -> None:
    there = {file.path.rpartition("/")[2] for file in find_files(location)}
    if gone := [uri for uri in then.file_uris() if uri.rpartition("/")[2] not in there]:
        raise RollbackError(
            f"version {then.version()} of {name} cannot be read any more",
            given=f"{len(gone)} of the files that it names are gone",
            expected=f"a version of the last {HISTORY_DAYS} days, and no erasure since",
            mend="go back to a later run, or --select the other tables",
        )
