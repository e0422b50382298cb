"""Brings Lake Formation to what the contracts say: reads its state, makes the changes in a safe order, reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.errors import TerminalError
from shared.governance.changes import (
    Change,
    CloseNewTables,
    GrantFilter,
    MakeFilter,
    RemoveFilter,
    RemoveTag,
    Resource,
    Revoke,
    SetTags,
    changes,
)

if TYPE_CHECKING:
    from lambdas.on_access_declared.lake_formation import LakeFormation
    from shared.governance.access import LakeAccess


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change and its status: `made`, `planned`, `failed`, or `skipped` after a failure on the same resource."""

    change: Change
    status: str
    error: str = ""

    @property
    def row(self) -> dict[str, str]:
        """The step as a row, for people and programs."""
        return {
            "place": resource_of(self.change),
            "change": describe(self.change),
            "status": self.status,
            "error": self.error,
        }


def bring(lake_formation: LakeFormation, wanted: LakeAccess, *, only_plan: bool = False) -> list[Step]:
    """Make every change that is needed, and return each with its status.

    After a change that failed or was skipped, its resource gets only revocations, so that nothing is opened that should
    have been closed first. The changes of other resources are made.
    """
    steps: list[Step] = []
    broken: set[Resource] = set()
    for change in changes(lake_formation.read(wanted), wanted):
        if only_plan:
            steps.append(Step(change=change, status="planned"))
        elif _follows_failure(change, broken):
            steps.append(Step(change=change, status="skipped"))
        else:
            steps.append(_make(lake_formation, change))
        if steps[-1].status in {"failed", "skipped"}:
            broken |= _left_open(change, wanted)
    return steps


def require_all_made(steps: list[Step]) -> None:
    """Refuse a list of steps with a failure.

    Raises:
        TerminalError: at least one change was not made.
    """
    failed = [step for step in steps if step.status == "failed"]
    if failed:
        raise TerminalError(
            f"{len(failed)} of {len(steps)} access changes failed, the first at {resource_of(failed[0].change)}",
            given=describe(failed[0].change),
            expected=failed[0].error,
            mend="fix the cause and run it again: it goes on from where it stands",
        )


def resource_of(change: Change) -> str:
    """The table or database that a change is made on."""
    return change.grant.resource if isinstance(change, Revoke) else str(change.resource)


def describe(change: Change) -> str:  # noqa: PLR0911 - one for each kind of change
    """One change in words."""
    match change:
        case CloseNewTables():
            return "IAM alone opens no new databases and tables"
        case SetTags():
            return f"tag {', '.join(f'{key}={value}' for key, value in change.tags.items())}{_on(change.columns)}"
        case RemoveTag():
            return f"remove tag {change.key}{_on(change.columns)}"
        case MakeFilter():
            return f"filter {change.row_filter.name}: {change.row_filter.rows}"
        case GrantFilter():
            return f"let {change.role} read through {change.name}"
        case Revoke():
            return f"revoke {', '.join(change.grant.permissions)} from {change.grant.principal}"
        case RemoveFilter():
            return f"remove filter {change.name}"


def _on(columns: tuple[str, ...]) -> str:
    return f" on {', '.join(columns)}" if columns else ""


def _make(lake_formation: LakeFormation, change: Change) -> Step:
    try:
        lake_formation.make(change)
    except (ClientError, TerminalError) as error:
        return Step(change=change, status="failed", error=" ".join(str(error).split()))
    return Step(change=change, status="made")


def _left_open(change: Change, wanted: LakeAccess) -> set[Resource]:
    """The resources in which something may still be open after a change that failed."""
    if isinstance(change, Revoke):
        return {Resource(database) for database in wanted.databases} if change.everywhere else set()
    return {change.resource}


def _follows_failure(change: Change, broken: set[Resource]) -> bool:
    """Whether a change could open what an earlier one failed to close, in its table or database or a table of it."""
    if isinstance(change, Revoke):
        return False
    resource = change.resource
    if resource.table:
        return bool({resource, Resource(resource.database)} & broken)
    return any(other.database == resource.database for other in broken)
