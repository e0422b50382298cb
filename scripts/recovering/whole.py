"""Which run a copy of a lake has whole: every version that its page names, with all files."""

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
class Kept:
    """A table, or what lies beside one, and the version that stays; of -1 nothing does, since the run had none."""

    stored: Stored
    version: int

    @property
    def is_cut(self) -> bool:
        """Whether the log has files of later than that version."""
        return self.stored.newest > self.version


@dataclass(frozen=True, kw_only=True)
class Found:
    """How much of a run is there: what would stay of each place, and what is missing, in words by place."""

    run: Run
    kept: tuple[Kept, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacks


def search(lake: Lake, catalog: Catalog, runs: Iterable[Run]) -> Iterator[Found]:
    """Look at one run after the other, from the first of them to one that is whole, if there is one.

    Args:
        lake: The copy.
        catalog: Its contracts; tables that none knows are left as they are.
        runs: Finished runs, newest first.
    """
    places = {str(table.name): _stored(lake, table) for table in catalog.tables.values()}
    for run in runs:
        found = _found(run, places)
        yield found
        if found.is_whole:
            return


def _stored(lake: Lake, table: Table) -> dict[str, Stored]:
    """A table and all that may lie beside it, by what it is; the table itself by an empty word."""
    name, roots = str(table.name), Roots(lake.root, lake.pii_root)
    places = {ITSELF: location_of(roots, table), **companions(roots, table)}
    return {
        what: Stored(what=f"{what} of {name}" if what else name, location=place, options=lake.options)
        for what, place in places.items()
    }


def _found(run: Run, places: Mapping[str, Mapping[str, Stored]]) -> Found:
    pages = {told.table: told for told in run.versions}
    kept, lacks = [], []
    for name, there in places.items():
        page = pages.get(name, TableVersion(table=name, version=None, beside={}))
        if page.beside is None:
            lacks.append((name, "the run's page is of an earlier release, and does not say what lay beside the table"))
            continue
        versions = {ITSELF: page.version, **page.beside}
        for what, place in there.items():
            one = _kept(place, versions.get(what))
            if isinstance(one, Kept) and what == ITSELF and (why := _why_not_same_table(run, page, one)):
                one = f"{why}: the table was made anew since"
            if isinstance(one, Kept):
                kept.append(one)
            else:
                lacks.append((place.what, one))
    return Found(run=run, kept=tuple(kept), lacks=tuple(lacks))


def _why_not_same_table(run: Run, page: TableVersion, kept: Kept) -> str:
    """Why a version that is whole is of another table than the run's; empty where nothing says so."""
    if page.version is None or run.finished_at is None:
        return ""
    there, table_id = kept.stored, kept.stored.table_id(kept.version)
    return why_not_same_table(
        page, run.finished_at, table_id=table_id, newest=there.newest, written_at=there.written_at
    )


def _kept(place: Stored, version: int | None) -> Kept | str:
    """What stays of a place: the newest version that moved no flow on since; or what is missing, in words.

    An erasure takes away the files of the versions before it, and leaves the flows where they were.
    """
    if version is None:
        return Kept(stored=place, version=NOTHING)
    then, last = place.position(version), version
    if then is None:
        return f"the commit that says how far version {version} was read is not there"
    while place.position(last + 1) == then:
        last += 1
    for at in range(last, version - 1, -1):
        if not (lack := place.lack(at)):
            return Kept(stored=place, version=at)
    return lack


def erasures_after(lake: Lake, moment: datetime) -> list[ErasureRecord]:
    """The erasures that ended later than a moment, or never did: what they deleted may be there again."""
    files = [file for file in find_files(f"{lake.root}/{FOLDER}") if file.path.endswith(".json")]
    records = [ErasureRecord.model_validate_json(read_text(file.location)) for file in files if "/" not in file.path]
    ended = [(r, datetime.fromisoformat(r.finished_at) if r.finished_at else None) for r in records if not r.dry_run]
    return [record for record, end in ended if end is None or end > moment]
