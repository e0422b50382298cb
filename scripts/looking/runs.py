"""The ledger: the page of every finished run, and what unfinished runs have left so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from scripts.looking.errors import WrongRequestError
from scripts.looking.files import find_files, text_reader
from scripts.looking.lake import by_layer
from scripts.looking.pages import read_ahead, read_page
from shared.errors import UnknownNameError
from shared.jobs import Status, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import RUNS_FOLDER, TableName, outcomes_location, run_location
from shared.table_identity import why_not_same_table
from shared.usage import USAGE_SUFFIX, JobRunUsage, usage_location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from deltalake import DeltaTable

    from scripts.looking.files import FoundFile
    from scripts.looking.lake import Lake
    from shared.ledger import TableVersion

UNFINISHED = "unfinished"
COUNTS = ("read", "inserted", "updated", "deleted", "tombstoned", "recorded", "superseded", "quarantined")
RECORD = TypeAdapter(RunRecord)
OUTCOMES = TypeAdapter(tuple[TableOutcome, ...])
USAGE = TypeAdapter(JobRunUsage)
SHOWN_NAMES = 10


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run; an unfinished one has no page yet, and so no date, end or versions.

    Attributes:
        run_id: The run's name.
        colour: `green`, `red` or `unfinished`.
        seen_at: When its last file was written.
        business_date: The day it was for.
        finished_at: When it ended.
        outcomes: What each step did to each table.
        missing_steps: The steps that left no outcomes, since their job run crashed or was not started.
        versions: The version of every table at its end.
        usages: What its job runs on AWS used, including failed attempts.
    """

    run_id: str
    colour: str
    seen_at: datetime
    business_date: date | None = None
    finished_at: datetime | None = None
    outcomes: tuple[TableOutcome, ...] = ()
    missing_steps: tuple[Step, ...] = ()
    versions: tuple[TableVersion, ...] = ()
    usages: tuple[JobRunUsage, ...] = ()

    @property
    def seconds(self) -> float:
        """The sum of its tables' seconds; more than the run took, since tables are worked on concurrently."""
        return round(sum(o.seconds for o in self.outcomes), 2)

    @property
    def tables(self) -> dict[str, int]:
        """How many tables had each status."""
        return {str(s): sum(o.status is s for o in self._written) for s in Status}

    @property
    def counts(self) -> dict[str, int]:
        """The sum of its tables' books, in rows."""
        return {name: self.total(name) for name in COUNTS}

    def total(self, count: str) -> int:
        """The sum of one count of its tables' outcomes, in rows."""
        return sum(getattr(o, count) for o in self._written)

    @property
    def _written(self) -> list[TableOutcome]:
        """The outcomes of the steps that write tables; publishing and reconciling only read them."""
        return [o for o in self.outcomes if o.step not in (Step.PUBLISH, Step.RECONCILE)]

    def version(self, name: TableName) -> int | None:
        """The version of a table when the run ended; None if it did not exist then."""
        entry = self._entry(name)
        return entry.version if entry else None

    def why_not_same_table(self, name: TableName, table: DeltaTable) -> str:
        """Why a table is not the one that the run left at this place; empty if nothing shows that it is another."""
        entry = self._entry(name)
        if entry is None or self.finished_at is None:
            return ""

        def written_at(version: int) -> int | None:
            return next((int(c["timestamp"]) for c in table.history() if c["version"] == version), None)

        newest, table_id = table.version(), str(table.metadata().id)
        return why_not_same_table(entry, self.finished_at, table_id=table_id, newest=newest, written_at=written_at)

    def _entry(self, name: TableName) -> TableVersion | None:
        return next((v for v in self.versions if v.table == str(name)), None)


def all_runs(lake: Lake) -> Iterator[Run]:
    """Yield every run, newest first; a run's files are read shortly before it is needed.

    The newest is the run whose page, or without one whose last file, was written last.

    Raises:
        TerminalError: a file is incomplete, or was written by another version of the lake.
    """
    read = text_reader(lake.root)
    yield from read_ahead(lambda found: _run(lake, *found, read), _newest_first(lake))


def all_records(lake: Lake) -> Iterator[RunRecord]:
    """Yield the page of every finished run, newest first; each is read shortly before it is needed."""
    read = text_reader(lake.root)
    pages = [page for run_id, files in _newest_first(lake) if (page := _page(lake, run_id, files))]
    yield from read_ahead(lambda page: read_page(RECORD, page.location, read), pages)


def finished_runs(lake: Lake) -> list[str]:
    """The ids of all finished runs, newest first by the end that their pages record, which takes reading every page.

    In a copy of a lake, files may have the times of copying.
    """
    ends = [(datetime.fromisoformat(record.finished_at).astimezone(UTC), record.run_id) for record in all_records(lake)]
    return [run_id for _, run_id in sorted(ends, reverse=True)]


def one_run(lake: Lake, run_id: str) -> Run:
    """One run.

    Raises:
        UnknownNameError: there is no such run.
    """
    # A run's name is a folder's name, and must not lead out of the runs' folder.
    files = find_files(f"{lake.root}/{RUNS_FOLDER}/{run_id}") if run_id.strip(".") and "/" not in run_id else []
    if not files:
        known = [name for name, _ in _newest_first(lake)]
        more = [f"{len(known) - SHOWN_NAMES} more"] if len(known) > SHOWN_NAMES else []
        raise UnknownNameError("run", run_id, known[:SHOWN_NAMES] + more or ["none: there was no run yet"])
    return _run(lake, run_id, files, text_reader(lake.root))


def finished_run(lake: Lake, run_id: str) -> Run:
    """One run that has its page, and so knows the versions of all tables.

    Raises:
        UnknownNameError: there is no such run.
        WrongRequestError: it has not finished.
    """
    run = one_run(lake, run_id)
    if run.colour == UNFINISHED:
        raise WrongRequestError(
            f"run {run_id} has not finished, so it says nothing of the tables' versions", mend="name another run"
        )
    return run


def _newest_first(lake: Lake) -> list[tuple[str, list[FoundFile]]]:
    """The name and files of every run, newest first; only the list of files is read."""
    by_run: defaultdict[str, list[FoundFile]] = defaultdict(list)
    for file in find_files(f"{lake.root}/{RUNS_FOLDER}"):
        run_id, slash, _ = file.path.partition("/")
        if slash:
            by_run[run_id].append(file)

    def written_at(run: tuple[str, list[FoundFile]]) -> tuple[datetime, str]:
        page = _page(lake, *run)
        return page.changed_at if page else max(file.changed_at for file in run[1]), run[0]

    # An erasure or a smoke job leaves only its usage here: it is no run of tables.
    runs = [(run_id, files) for run_id, files in by_run.items() if not all(map(_is_usage, files))]
    return sorted(runs, key=written_at, reverse=True)


def _page(lake: Lake, run_id: str, files: list[FoundFile]) -> FoundFile | None:
    """The file with a run's page; None for an unfinished run."""
    page = run_location(lake.root, run_id)
    return next((file for file in files if file.location == page), None)


def _run(lake: Lake, run_id: str, files: list[FoundFile], read: Callable[[str], str]) -> Run:
    seen_at = max(file.changed_at for file in files)
    usages = _usages(lake, run_id, files, read)
    page = _page(lake, run_id, files)
    if page is None:
        last = _last_attempts(lake, run_id, files)
        outcomes = tuple(o for file in last for o in read_page(OUTCOMES, file.location, read))
        return Run(run_id=run_id, colour=UNFINISHED, seen_at=seen_at, outcomes=outcomes, usages=usages)
    record = read_page(RECORD, page.location, read)
    return Run(
        run_id=run_id,
        colour=str(record.colour),
        seen_at=seen_at,
        business_date=record.business_date,
        finished_at=datetime.fromisoformat(record.finished_at).astimezone(UTC),
        outcomes=record.outcomes,
        missing_steps=record.missing_steps,
        versions=tuple(sorted(record.versions, key=lambda v: by_layer(TableName.parse(v.table)))),
        usages=usages,
    )


def _last_attempts(lake: Lake, run_id: str, files: list[FoundFile]) -> list[FoundFile]:
    """The outcomes of each step's last attempt, in the order of the steps."""
    left = [_of_step(files, outcomes_location(lake.root, run_id, step, "\0")) for step in Step]
    return [max(files_of_step, key=lambda file: file.changed_at) for files_of_step in left if files_of_step]


def _is_usage(file: FoundFile) -> bool:
    return file.path.endswith(USAGE_SUFFIX)


def _of_step(files: list[FoundFile], pattern: str) -> list[FoundFile]:
    """The files of any attempt; in the pattern, a null character stands for the attempt."""
    before, after = pattern.split("\0")
    return [f for f in files if f.location.startswith(before) and f.location.endswith(after)]


def _usages(lake: Lake, run_id: str, files: list[FoundFile], read: Callable[[str], str]) -> tuple[JobRunUsage, ...]:
    """What each job run used, in the order of the steps."""
    left = [file for step in Step for file in _of_step(files, usage_location(lake.root, run_id, step, "\0"))]
    return tuple(read_page(USAGE, file.location, read) for file in left)
