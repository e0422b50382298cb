"""Plans a change of contracts: for each table what changed, what the next run does about it and whom it affects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.delta_types import contract_type
from scripts.looking.lake import by_layer
from scripts.planning.lineage import ROWS, Lineage
from shared.contracts import Kind
from shared.contracts.evolution.as_built import since_built
from shared.contracts.evolution.changes import Change, ChangeKind, compare, moved
from shared.contracts.evolution.policy import AssessedChange, Level, Remedy, assessed, heaviest, is_raised, is_refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deltalake import DeltaTable

    from scripts.looking.lake import Lake
    from shared.contracts import Catalog, Table
    from shared.names import TableName

# Changes that leave every value of a column as it is, so that nothing downstream differs.
WITHOUT_HIT = {
    ChangeKind.COLUMN_ADDED,
    ChangeKind.REQUIRED_COLUMN_ADDED,
    ChangeKind.TABLE_ADDED,
    ChangeKind.CLASSIFIED,
    ChangeKind.DECLASSIFIED,
    ChangeKind.MOVED,
    ChangeKind.SOURCE_CHANGED,
    ChangeKind.TARGET_ADDED,
    ChangeKind.TARGET_CHANGED,
    ChangeKind.POSITION_LOST,
}
# Remedies that take manual work; until it is done, runs refuse the table, whatever its version says.
BY_HAND = (Remedy.MOVE, Remedy.BRING_BACK)


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """What happens to one table.

    Attributes:
        table: The table's name.
        kind: Its kind; None for a table in the lake that has no contract.
        before: The version of its contract before the change; empty if there was none.
        after: The version now.
        changes: What changed, with the level and the remedy of each change.
        is_raised: Whether the first number of its version rose.
        hit: The affected columns downstream, by table.
        was_retired: Whether the earlier contract was retired, which announced to readers that the table would go.
    """

    table: str
    kind: Kind | None
    before: str
    after: str
    changes: tuple[AssessedChange, ...]
    is_raised: bool
    hit: dict[str, list[str]]
    was_retired: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether anything of the contract changed, its version included."""
        return bool(self.changes) or self.is_raised

    @property
    def level(self) -> Level | None:
        """The heaviest of the changes; None when only the version rose."""
        return heaviest(self.changes)

    @property
    def is_refused(self) -> bool:
        """Whether the next run refuses the table: its change takes manual work or a major version, and has neither."""
        return self.is_by_hand or (is_refused(self.changes) and not self.is_raised)

    @property
    def breaks(self) -> bool:
        """Whether the change breaks readers and was not announced; never true of a table without a contract."""
        is_announced = self.is_raised or (self.is_dropped and self.was_retired)
        return self.kind is not None and self.level is Level.BREAKING and not is_announced

    @property
    def is_dropped(self) -> bool:
        """Whether the table no longer has a contract, whose version could be raised."""
        return any(r.change.what is ChangeKind.TABLE_DROPPED for r in self.changes)

    @property
    def is_by_hand(self) -> bool:
        """Whether the table needs manual work, whatever its version says."""
        return self.remedy in BY_HAND

    @property
    def remedy(self) -> Remedy:
        """The heaviest of the things that the next run does to the table."""
        done = [r.remedy for r in self.changes]
        if self.is_raised and self.kind is not Kind.INGESTED:
            done.append(Remedy.REBUILD)
        return max(done, key=list(Remedy).index, default=Remedy.NOTHING)


def plan_against_catalog(old: Catalog, new: Catalog) -> list[TablePlan]:
    """The plan for going from one catalog to another, for every table of both."""
    plans = []
    for name, table in new.tables.items():
        before = old.tables.get(name)
        changes = compare(before, table) if before else (Change(what=ChangeKind.TABLE_ADDED),)
        plans.append(_plan(table, before, [assessed(change, table) for change in changes], (old, new)))
    for name, table in old.tables.items():
        if name not in new.tables:
            plans.append(_plan(table, table, [assessed(Change(what=ChangeKind.TABLE_DROPPED), table)], (old, new)))
    return sorted(plans, key=_order)


def plan_against_lake(lake: Lake, new: Catalog) -> list[TablePlan]:
    """The plan for the lake as it is now; a table that is in neither of its places is created by the next run."""
    plans = [_plan_of_found(lake, table, new) for table in new.tables.values()]
    gone = [name for name in lake.names() if str(name) not in new.tables]
    plans += [_plan_of_gone(name, found) for name in gone if (found := lake.table(name) or lake.elsewhere(name))]
    return sorted(plans, key=_order)


def _plan_of_found(lake: Lake, table: Table, new: Catalog) -> TablePlan:
    from scripts.looking.position import flow_position

    found, steps = lake.table(table.name), []
    if found is None and table.kind is Kind.INGESTED:
        found = lake.elsewhere(table.name)
        steps = [assessed(moved(table), table)] if found else []
    position = flow_position(found, str(table.name)) if found else None
    if found and position:
        stored = {field.name: contract_type(field.type) for field in found.schema().fields}
        old, changes = since_built(table, stored, position.contract, position.fingerprint)
        return _plan(table, old, [*changes, *steps], (new,))
    # A table without files and without a batch is what a run left that died before its first batch.
    is_empty = found is None or not (found.file_uris() or found.transaction_version(str(table.name)))
    what = ChangeKind.TABLE_ADDED if is_empty else ChangeKind.POSITION_LOST
    return _plan(table, None, [assessed(Change(what=what), table), *steps], (new,))


def _plan_of_gone(name: TableName, found: DeltaTable) -> TablePlan:
    """The plan for a table that no longer has a contract, from what its last batch recorded."""
    from scripts.looking.position import flow_position

    position = flow_position(found, str(name))
    version = str(position.contract.get("version", "")) if position else ""
    dropped = AssessedChange(change=Change(what=ChangeKind.TABLE_DROPPED), level=Level.BREAKING, remedy=Remedy.NOTHING)
    return TablePlan(
        table=str(name), kind=None, before=version, after=version, changes=(dropped,), is_raised=False, hit={}
    )


def _plan(
    table: Table, before: Table | None, changes: Iterable[AssessedChange], catalogs: tuple[Catalog, ...]
) -> TablePlan:
    found = tuple(changes)
    hit: dict[str, list[str]] = {}
    columns = {c for r in found if r.change.what not in WITHOUT_HIT for c in _touched(r.change, table)}
    for catalog in catalogs:
        if str(table.name) in catalog.tables and columns:
            for name, names in Lineage(catalog).downstream(str(table.name), columns).items():
                hit[name] = sorted({*hit.get(name, ()), *names})
    return TablePlan(
        table=str(table.name),
        kind=table.kind,
        before=before.version if before else "",
        after=table.version,
        changes=found,
        is_raised=before is not None and is_raised(before.version, table.version),
        hit=hit,
        was_retired=before is not None and before.is_retired,
    )


def _touched(change: Change, table: Table) -> list[str]:
    """The columns whose values or names change; ROWS for a change of the table itself or of a dropped column."""
    if change.column is None or change.column in {c.name for c in table.dropped}:
        return [ROWS]
    old_name = [change.before] if change.what is ChangeKind.COLUMN_RENAMED else []
    return [change.column, *old_name]


def _order(plan: TablePlan) -> tuple[int, str]:
    from shared.names import TableName

    return by_layer(TableName.parse(plan.table))
