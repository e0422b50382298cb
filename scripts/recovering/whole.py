"""Finds a run that a copy of a lake has completely: every version that the run's page names, with all files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scripts.looking.files import find_files, read_text
from scripts.recovering.stored import Stored
from shared.erasure import FOLDER, ErasureRecord
from shared.ledger import TableVersion
from shared.names import Roots
from shared.places import companions, location_of
from shared.table_identity import why_not_same_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scripts.looking.lake import Lake
    from scripts.looking.runs import Run
    from shared.contracts import Catalog, Table

NOTHING = -1
ITSELF = ""


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A table or companion, and the version of it that stays; -1 if nothing stays, since the run had none."""

    stored: Stored
    version: int

    @property
    def is_cut(self) -> bool:
        """Whether the log has files of later versions."""
        return self.stored.newest > self.version


@dataclass(frozen=True, kw_only=True)
class Found:
    """How much of a run a copy has.

    Attributes:
        run: The run.
        survivors: The version of each table and companion that would stay.
        lacks: Pairs of a table or companion and what is missing of it, in words.
    """

    run: Run
    survivors: tuple[Survivor, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacks


def search(lake: Lake, catalog: Catalog, runs: Iterable[Run]) -> Iterator[Found]:
    """Yield how much of each run is there, and stop after the first that is whole.

    Args:
        lake: The copy.
        catalog: Its contracts; tables without one are left as they are.
        runs: Finished runs, newest first.
    """
    places = {str(table.name): _stored(lake, table) for table in catalog.tables.values()}
    for run in runs:
        found = _found(run, places)
        yield found
        if found.is_whole:
            return


def _stored(lake: Lake, table: Table) -> dict[str, Stored]:
    """A table and its possible companions, by what they are; the table itself under an empty name."""
    name, roots = str(table.name), Roots(lake.root, lake.pii_root)
    places = {ITSELF: location_of(roots, table), **companions(roots, table)}
    return {
        what: Stored(what=f"{what} of {name}" if what else name, location=place, options=lake.options)
        for what, place in places.items()
    }


def _found(run: Run, places: Mapping[str, Mapping[str, Stored]]) -> Found:
    pages = {entry.table: entry for entry in run.versions}
    survivors, lacks = [], []
    for name, stored in places.items():
        page = pages.get(name, TableVersion(table=name, version=None, beside={}))
        if page.beside is None:
            lacks.append((name, "the run's page is of an earlier release, and does not say what lay beside the table"))
            continue
        versions = {ITSELF: page.version, **page.beside}
        for what, place in stored.items():
            one = _survivor(place, versions.get(what))
            if isinstance(one, Survivor) and what == ITSELF and (why := _why_not_same_table(run, page, one)):
                one = f"{why}: the table was recreated since"
            if isinstance(one, Survivor):
                survivors.append(one)
            else:
                lacks.append((place.what, one))
    return Found(run=run, survivors=tuple(survivors), lacks=tuple(lacks))


def _why_not_same_table(run: Run, page: TableVersion, survivor: Survivor) -> str:
    """Why a complete version belongs to another table than the run's; empty if nothing shows that it does."""
    if page.version is None or run.finished_at is None:
        return ""
    stored, table_id = survivor.stored, survivor.stored.table_id(survivor.version)
    return why_not_same_table(
        page, run.finished_at, table_id=table_id, newest=stored.newest, written_at=stored.written_at
    )


def _survivor(place: Stored, version: int | None) -> Survivor | str:
    """The version that stays of a table or companion, or what is missing, in words.

    It is the newest complete one from the run's version on whose flows are still where that version left them: an
    erasure deletes the files of earlier versions, and leaves the flows where they are.
    """
    if version is None:
        return Survivor(stored=place, version=NOTHING)
    then, last = place.position(version), version
    if then is None:
        return f"the commit that says how far version {version} was read is not there"
    while place.position(last + 1) == then:
        last += 1
    for at in range(last, version - 1, -1):
        if not (lack := place.lack(at)):
            return Survivor(stored=place, version=at)
    return lack


def erasures_after(lake: Lake, moment: datetime) -> list[ErasureRecord]:
    """The erasures that ended after a moment or never: what they deleted may be there again."""
    files = [file for file in find_files(f"{lake.root}/{FOLDER}") if file.path.endswith(".json")]
    records = [ErasureRecord.model_validate_json(read_text(file.location)) for file in files if "/" not in file.path]
    ended = [(r, datetime.fromisoformat(r.finished_at) if r.finished_at else None) for r in records if not r.dry_run]
    return [record for record, end in ended if end is None or end > moment]
