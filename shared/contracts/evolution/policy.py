"""The level of each kind of change for readers of the table, and what the engine does about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.contracts.evolution.changes import Change, ChangeKind
from shared.contracts.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts.model import Table


class Level(StrEnum):
    """What a change means for readers: nothing; wider types; or work to do before it is deployed."""

    ADDITIVE = "additive"
    WIDENING = "widening"
    BREAKING = "breaking"


class Remedy(StrEnum):
    """What the next run of the table does about a change; it refuses a table that has to be moved or brought back."""

    NOTHING = "nothing"
    CREATE = "create"
    ALTER = "alter"
    REWRITE = "rewrite"
    REBUILD = "rebuild"
    MOVE = "move"
    BRING_BACK = "bring back"


@dataclass(frozen=True, kw_only=True)
class AssessedChange:
    """A change of a contract, with its level for readers and what the next run does about it."""

    change: Change
    level: Level
    remedy: Remedy


_ADDITIVE, _WIDENING, _BREAKING = Level.ADDITIVE, Level.WIDENING, Level.BREAKING
_NOTHING, _ALTER, _REWRITE, _REBUILD = Remedy.NOTHING, Remedy.ALTER, Remedy.REWRITE, Remedy.REBUILD

# Per kind of change: its level, and the remedy on a table that is ingested, refined and built.
POLICY: dict[ChangeKind, tuple[Level, Remedy, Remedy, Remedy]] = {
    ChangeKind.TABLE_ADDED: (_ADDITIVE, Remedy.CREATE, Remedy.CREATE, Remedy.CREATE),
    ChangeKind.TABLE_DROPPED: (_BREAKING, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.COLUMN_ADDED: (_ADDITIVE, _ALTER, _ALTER, _REBUILD),
    ChangeKind.REQUIRED_COLUMN_ADDED: (_BREAKING, _ALTER, _REBUILD, _REBUILD),
    ChangeKind.COLUMN_DROPPED: (_BREAKING, _REWRITE, _REBUILD, _REBUILD),
    ChangeKind.COLUMN_RENAMED: (_BREAKING, _REWRITE, _REBUILD, _REBUILD),
    ChangeKind.TYPE_WIDENED: (_WIDENING, _REWRITE, _REWRITE, _REBUILD),
    ChangeKind.TYPE_CHANGED: (_BREAKING, _REWRITE, _REBUILD, _REBUILD),
    ChangeKind.MADE_REQUIRED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.MADE_OPTIONAL: (_ADDITIVE, _NOTHING, _ALTER, _ALTER),
    ChangeKind.KEY_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.ORDER_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.DISPOSITION_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.KIND_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.CURSOR_CHANGED: (_BREAKING, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.SOURCE_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.CLASSIFIED: (_ADDITIVE, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.DECLASSIFIED: (_BREAKING, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.MOVED: (_BREAKING, Remedy.MOVE, Remedy.MOVE, Remedy.MOVE),
    ChangeKind.TREATMENT_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.HISTORY_CHANGED: (_BREAKING, _NOTHING, _REBUILD, _REBUILD),
    ChangeKind.RETENTION_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.RULE_TIGHTENED: (_ADDITIVE, _NOTHING, _NOTHING, _REBUILD),
    ChangeKind.RULE_LOOSENED: (_ADDITIVE, _NOTHING, _NOTHING, _REBUILD),
    ChangeKind.RULE_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _REBUILD),
    ChangeKind.PARENT_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.LOGIC_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _REBUILD),
    ChangeKind.TARGET_ADDED: (_ADDITIVE, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.TARGET_CHANGED: (_BREAKING, _NOTHING, _NOTHING, _NOTHING),
    ChangeKind.POSITION_LOST: (_BREAKING, Remedy.BRING_BACK, Remedy.BRING_BACK, Remedy.BRING_BACK),
    ChangeKind.DECISION_CHANGED: (_ADDITIVE, _NOTHING, _NOTHING, _REBUILD),
}
# A required column breaks only a refined table, whose old rows may lack it. In a landed table the source
# promises it, which is checked where the rows are refined; a built table is rebuilt, and its gate decides.
ON_REFINED_ONLY = {ChangeKind.REQUIRED_COLUMN_ADDED, ChangeKind.MADE_REQUIRED}
# Breaking changes that no run can refuse: the table no longer runs, or its commits do not record the fact.
NEVER_REFUSED = {ChangeKind.TABLE_DROPPED, ChangeKind.DECLASSIFIED, ChangeKind.TARGET_CHANGED}
_KINDS = (Kind.INGESTED, Kind.REFINED, Kind.BUILT)


def assessed(change: Change, table: Table) -> AssessedChange:
    """Assess a change of a table's contract by the policy."""
    level, *remedies = POLICY[change.what]
    if change.what in ON_REFINED_ONLY and table.kind is not Kind.REFINED:
        level = _ADDITIVE
    return AssessedChange(change=change, level=level, remedy=remedies[_KINDS.index(table.kind)])


def is_refused(found: Iterable[AssessedChange]) -> bool:
    """Whether a run refuses the table for these changes, unless the first number of its version rises."""
    return any(r.level is Level.BREAKING and r.change.what not in NEVER_REFUSED for r in found)


def is_raised(old: str, new: str) -> bool:
    """Whether the first number of a contract's version rose; a table without a recorded version counts as 1."""
    return int(new.partition(".")[0]) > int(old.partition(".")[0] or 1)


def next_major(*versions: str) -> str:
    """The lowest version whose first number is greater than that of each version; one without a number counts as 1."""
    return f"{max(int(version.partition('.')[0] or 1) for version in versions) + 1}.0.0"


def heaviest(found: Iterable[AssessedChange]) -> Level | None:
    """The highest level of some changes; None if there are none."""
    return max((r.level for r in found), key=list(Level).index, default=None)
