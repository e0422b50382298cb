"""Shows which tables a rollback would change, and between which versions."""

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

# The run of a table's last batch, if no commit records it.
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class RollbackPreview:
    """A table that has changed since a run ended: its version, and the run of its last batch, now and then."""

    table: str
    version: int
    last_run: str
    version_then: int
    last_run_then: str


def preview_rollback(lake: Lake, run: Run, table: Table) -> RollbackPreview | None:
    """What a rollback to a run would change in a table; None if nothing, or if the table did not exist then.

    Raises:
        TerminalError: the table's log no longer has that version.
        RollbackError: the table was recreated since, or files of that version are gone.
    """
    version, flow = run.version(table.name), str(table.name)
    now = lake.table(table.name)
    if now is not None and (why := run.why_not_same_table(table.name, now)):
        raise RollbackError(
            f"version {version} of {flow} was of a table that is no longer there",
            given=f"{why}: it was recreated since {run.run_id}",
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
    # The batch alone does not decide: upkeep and erasures delete rows without one.
    if is_same_batch and made_by(log, log.version) == made_by(log, version):
        return None
    _refuse_gaps(flow, log.location, earlier)
    last_run = last.run if last else UNKNOWN
    return RollbackPreview(
        table=flow, version=now.version(), last_run=last_run, version_then=version, last_run_then=then.run
    )


def _refuse_gaps(name: str, location: str, then: DeltaTable) -> None:
    existing = {file.path.rpartition("/")[2] for file in find_files(location)}
    if gone := [uri for uri in then.file_uris() if uri.rpartition("/")[2] not in existing]:
        raise RollbackError(
            f"version {then.version()} of {name} cannot be read any more",
            given=f"{len(gone)} of the files that it names are gone",
            expected=f"a version of the last {HISTORY_DAYS} days, and no erasure since",
            mend="go back to a later run, or --select the other tables",
        )
