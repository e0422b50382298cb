"""The plan of a change: for each table what changed, what the next run does about it, whom it hits, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

# What changes no value of a column, so that nothing downstream differs.
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
# Until somebody did these, a run refuses the table, whatever its version says.
BY_HAND = (Remedy.MOVE, Remedy.BRING_BACK)


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """What becomes of one table.

    `kind` is None of a table that lies in a lake and has no contract. `level` is the heaviest of its changes,
    `is_raised` whether the first number of its version rose. `remedies` is what the next run does, in the order of the
    changes; `hit` the columns downstream, by table. `was_retired` says that its readers had been told that it goes.
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
        """Whether the next run refuses the table: nobody said, or did, what its change asks for."""
        return self.is_by_hand or (is_refused(self.changes) and not self.is_raised)

    @property
    def breaks(self) -> bool:
        """Whether the change breaks readers and the contract did not say so; a table without a contract has none."""
        is_told = self.is_raised or (self.is_dropped and self.was_retired)
        return self.kind is not None and self.level is Level.BREAKING and not is_told

    @property
    def is_dropped(self) -> bool:
        """Whether the table has no contract any more, whose version could rise."""
        return any(r.change.what is ChangeKind.TABLE_DROPPED for r in self.changes)

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody has to do something to the table, whatever its version says."""
        return self.remedy in BY_HAND

    @property
    def remedy(self) -> Remedy:
        """The heaviest of what the next run does to the table."""
        done = [r.remedy for r in self.changes]
        if self.is_raised and self.kind is not Kind.INGESTED:
            done.append(Remedy.REBUILD)
        return max(done, key=list(Remedy).index, default=Remedy.NOTHING)


def plan_against_catalog(old: Catalog, new: Catalog) -> list[TablePlan]:
    """The plan from one catalog to another, of every table of both."""
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
    """The plan from a lake as it stands; a table that lies in neither of its places is made by the next run."""
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
        stored = {field.name: _spark_type(field) for field in found.schema().fields}
        old, changes = since_built(table, stored, position.contract, position.fingerprint)
        return _plan(table, old, [*changes, *steps], (new,))
    # One without rows is what a run left that died before its first batch.
    is_empty = found is None or not (found.file_uris() or found.transaction_version(str(table.name)))
    what = ChangeKind.TABLE_ADDED if is_empty else ChangeKind.POSITION_LOST
    return _plan(table, None, [assessed(Change(what=what), table), *steps], (new,))


def _plan_of_gone(name: TableName, found: DeltaTable) -> TablePlan:
    """The plan of a table that no contract knows any more, by what its last batch noted."""
    from scripts.looking.position import flow_position

    position = flow_position(found, str(name))
    version = str(position.contract.get("version", "")) if position else ""
    dropped = AssessedChange(change=Change(what=ChangeKind.TABLE_DROPPED), level=Level.BREAKING, remedy=Remedy.NOTHING)
    return TablePlan(
        table=str(name), kind=None, before=version, after=version, changes=(dropped,), is_raised=False, hit={}
    )


def _spark_type(field: object) -> str:
    """A Delta type in Spark's words."""
    import json

    return _in_spark(json.loads(field.to_json())["type"])  # type: ignore[attr-defined]


def _in_spark(type_: object) -> str:
    if isinstance(type_, dict):
        return f"array<{_in_spark(type_['elementType'])}>" if type_["type"] == "array" else str(type_["type"])
    return {"integer": "int", "long": "bigint", "short": "smallint"}.get(str(type_), str(type_))


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
    """The columns whose values or names differ; what is the table's own, or seen by rules alone, decides its rows."""
    if change.column is None or change.column in {c.name for c in table.dropped}:
        return [ROWS]
    old_name = [change.before] if change.what is ChangeKind.COLUMN_RENAMED else []
    return [change.column, *old_name]


def _order(plan: TablePlan) -> tuple[int, str]:
    from shared.names import TableName

    return by_layer(TableName.parse(plan.table))
