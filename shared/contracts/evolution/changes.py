"""Compares two versions of a contract: the changes of the table, its columns and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.contracts.evolution import words
from shared.contracts.evolution.widening import is_spelt_alike, widens
from shared.contracts.rule_model import Severity
from shared.governance.access import Classification
from shared.serving import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.contracts.column import Column
    from shared.contracts.model import Table
    from shared.contracts.rule_model import RowRule, TableRule

# From the widest to the strictest.
CLASSIFICATIONS = (None, *Classification)


class ChangeKind(StrEnum):
    """The kinds of change."""

    TABLE_ADDED = "table added"
    TABLE_DROPPED = "table dropped"
    COLUMN_ADDED = "column added"
    REQUIRED_COLUMN_ADDED = "required column added"
    COLUMN_DROPPED = "column dropped"
    COLUMN_RENAMED = "column renamed"
    TYPE_WIDENED = "type widened"
    TYPE_CHANGED = "type changed"
    MADE_REQUIRED = "made required"
    MADE_OPTIONAL = "made optional"
    KEY_CHANGED = "key changed"
    ORDER_CHANGED = "sequenceBy changed"
    DISPOSITION_CHANGED = "writeDisposition changed"
    KIND_CHANGED = "kind changed"
    CURSOR_CHANGED = "cursor changed"
    SOURCE_CHANGED = "source changed"
    CLASSIFIED = "classified higher"
    DECLASSIFIED = "classified lower"
    MOVED = "place changed"
    TREATMENT_CHANGED = "treatment changed"
    HISTORY_CHANGED = "history or deletes changed"
    RETENTION_CHANGED = "retention changed"
    RULE_TIGHTENED = "rule tightened"
    RULE_LOOSENED = "rule loosened"
    RULE_CHANGED = "rule changed"
    PARENT_CHANGED = "relationship changed"
    LOGIC_CHANGED = "logic changed"
    TARGET_ADDED = "target added"
    TARGET_CHANGED = "target moved, dropped or spelt otherwise"
    POSITION_LOST = "position lost"
    DECISION_CHANGED = "rules, logic or source changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of a table: of a `column`, of the rule with a `name`, or of the table itself if both are None."""

    what: ChangeKind
    column: str | None = None
    name: str | None = None
    before: str = ""
    after: str = ""


def compare(old: Table, new: Table) -> tuple[Change, ...]:
    """The changes from the old version of a table's contract to the new one, without texts for people.

    A column is renamed if the new contract says so by `renamedFrom`; otherwise the old one is dropped and the new one
    added.
    """
    was = {c.name: c for c in old.columns}
    renamed = renames(old, new)
    came_from = {after: before for before, after in renamed.items()}
    changes = [Change(what=ChangeKind.COLUMN_RENAMED, column=a, before=b, after=a) for b, a in renamed.items()]
    for column in new.columns:
        before = was.get(came_from.get(column.name, column.name))
        changes += [_added(column)] if before is None else _of_column(before, column)
    kept = {*renamed, *new.column_names}
    changes += [
        Change(what=ChangeKind.COLUMN_DROPPED, column=n, before=c.type) for n, c in was.items() if n not in kept
    ]
    changes += _of_dropped(old, new)
    return (*changes, *_of_table(old, new, renamed), *_of_rules(old, new), *_of_targets(old, new))


def renames(old: Table, new: Table) -> dict[str, str]:
    """The columns that the new contract renames: new names by old ones."""
    return {
        c.renamed_from: c.name
        for c in new.columns
        if c.renamed_from in old.column_names and c.name not in old.column_names
    }


def moved(new: Table) -> Change:
    """The change of a table that now holds personal data, or no longer does, and so belongs in another place."""
    places = ("the place of personal data", "the open lake")
    before, after = places if not new.is_personal else reversed(places)
    return Change(what=ChangeKind.MOVED, before=before, after=after)


def _added(column: Column) -> Change:
    what = ChangeKind.REQUIRED_COLUMN_ADDED if column.required else ChangeKind.COLUMN_ADDED
    return Change(what=what, column=column.name, after=column.type)


def _of_column(old: Column, new: Column) -> list[Change]:
    found = []
    if old.type != new.type:
        what = ChangeKind.TYPE_WIDENED if widens(old.type, new.type) else ChangeKind.TYPE_CHANGED
        found.append((what, old.type, new.type))
    if old.required is not new.required:
        found.append((ChangeKind.MADE_REQUIRED if new.required else ChangeKind.MADE_OPTIONAL, "", ""))
    if old.classification != new.classification:
        rises = CLASSIFICATIONS.index(new.classification) > CLASSIFICATIONS.index(old.classification)
        what = ChangeKind.CLASSIFIED if rises else ChangeKind.DECLASSIFIED
        found.append((what, old.classification or "none", new.classification or "none"))
    if old.treatment != new.treatment:
        found.append((ChangeKind.TREATMENT_CHANGED, old.treatment or "none", new.treatment or "none"))
    if old.parent != new.parent:
        found.append((ChangeKind.PARENT_CHANGED, _parent(old), _parent(new)))
    # A column without logic is the input's column of its name, so a rename alone changes what it is made of.
    if (old.logic or old.name, old.format) != (new.logic or new.name, new.format) and not _is_renamed(old, new):
        found.append((ChangeKind.LOGIC_CHANGED, old.logic or old.name, new.logic or new.name))
    return [Change(what=what, column=new.name, before=before, after=after) for what, before, after in found]


def _parent(column: Column) -> str:
    return f"{column.parent.table}.{column.parent.column}" if column.parent else "none"


def _is_renamed(old: Column, new: Column) -> bool:
    return old.name != new.name and (old.logic, old.format) == (new.logic, new.format)


def _of_dropped(old: Table, new: Table) -> Iterator[Change]:
    """The changes of dropped columns, which are not stored but decide rows by the rules that see them."""
    was, now = ({c.name: c for c in table.dropped} for table in (old, new))
    stored = {*old.column_names, *new.column_names}
    for name in [*was, *(n for n in now if n not in was)]:
        before, after = was.get(name), now.get(name)
        if _made(before) != _made(after) and name not in stored:
            yield Change(what=ChangeKind.LOGIC_CHANGED, column=name, before=_logic(before), after=_logic(after))


def _made(column: Column | None) -> tuple[object, ...] | None:
    return (column.type, column.required, _logic(column), column.format) if column else None


def _logic(column: Column | None) -> str:
    return (column.logic or column.name) if column else "none"


def _of_table(old: Table, new: Table, renamed: dict[str, str]) -> Iterator[Change]:
    def names(columns: tuple[str, ...]) -> str:
        return ", ".join(renamed.get(name, name) for name in columns)

    def cursor(table: Table) -> str:
        return (table.source.cursor if table.source else None) or "none"

    facts = (
        (ChangeKind.KIND_CHANGED, str(old.kind), str(new.kind)),
        (ChangeKind.KEY_CHANGED, names(old.primary_key), ", ".join(new.primary_key)),
        (ChangeKind.ORDER_CHANGED, names(old.sequence_by), ", ".join(new.sequence_by)),
        (ChangeKind.DISPOSITION_CHANGED, str(old.disposition), str(new.disposition)),
        (ChangeKind.HISTORY_CHANGED, words.deletes(old), words.deletes(new)),
        (ChangeKind.HISTORY_CHANGED, words.versions(old, renamed), words.versions(new, {})),
        (ChangeKind.RETENTION_CHANGED, words.kept(old), words.kept(new)),
        *((ChangeKind.RETENTION_CHANGED, *both) for both in words.kept_beside(old, new)),
        (ChangeKind.CURSOR_CHANGED, renamed.get(cursor(old), cursor(old)), cursor(new)),
    )
    yield from (Change(what=what, before=before, after=after) for what, before, after in facts if before != after)
    if old.kind is new.kind and old.is_personal is not new.is_personal:
        yield moved(new)
    if old.source and new.source and _without_cursor(old) != _without_cursor(new):
        yield Change(what=ChangeKind.SOURCE_CHANGED, before=words.place(old), after=words.place(new))
    if (old.inputs, _canonical(old)) != (new.inputs, _canonical(new)):
        yield Change(what=ChangeKind.LOGIC_CHANGED, before="the query", after="another query")
    if old.program != new.program:
        yield Change(what=ChangeKind.LOGIC_CHANGED, before="the program", after="another program")


def _without_cursor(table: Table) -> dict[str, object]:
    return {n: v for n, v in vars(table.source).items() if n != "cursor"}


def _canonical(table: Table) -> str | None:
    return (table.query.canonical or table.query.sql) if table.query else None


def _of_rules(old: Table, new: Table) -> Iterator[Change]:
    was, now = _rules(old), _rules(new)
    for name in [*was, *(n for n in now if n not in was)]:
        before, after = was.get(name), now.get(name)
        if before != after:
            yield Change(
                what=_weight(before, after), name=name, before=_rule_in_words(before), after=_rule_in_words(after)
            )


def _rules(table: Table) -> dict[str, RowRule | TableRule]:
    rules: tuple[RowRule | TableRule, ...] = (*table.row_rules, *table.table_rules)
    return {rule.name: rule for rule in rules}


def _weight(before: RowRule | TableRule | None, after: RowRule | TableRule | None) -> ChangeKind:
    strict = [rule is not None and rule.severity is Severity.ERROR for rule in (before, after)]
    if strict[0] is strict[1]:
        return ChangeKind.RULE_CHANGED
    return ChangeKind.RULE_TIGHTENED if strict[1] else ChangeKind.RULE_LOOSENED


def _rule_in_words(rule: RowRule | TableRule | None) -> str:
    return "none" if rule is None else f"{rule.severity}: {getattr(rule, 'bad', None) or getattr(rule, 'query', '')}"


def _of_targets(old: Table, new: Table) -> Iterator[Change]:
    for target in Target:
        before, after = (words.where(target, table.targets.get(target)) for table in (old, new))
        if before != after:
            what = ChangeKind.TARGET_CHANGED if before else ChangeKind.TARGET_ADDED
            yield Change(what=what, before=before, after=after or "none")
    if not old.served_at or not new.served_at:
        return
    # The API gives a value as text of its type: 7 becomes 7.00 in a path and in JSON, and a day becomes a moment.
    was, came_from = {c.name: c.type for c in old.columns}, {a: b for b, a in renames(old, new).items()}
    for column in new.columns:
        given = was.get(came_from.get(column.name, column.name), column.type)
        if not is_spelt_alike(given, column.type):
            yield Change(what=ChangeKind.TARGET_CHANGED, column=column.name, before=given, after=column.type)
