"""Where a table is published outside of the lake, and up to which version, according to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.runs import all_runs

if TYPE_CHECKING:
    from scripts.looking.lake import Lake
    from shared.contracts import Table


@dataclass(frozen=True, kw_only=True)
class PublishedAs:
    """A table at one target; `version` is the lake table's version that is published there, None before the first."""

    target: str
    place: str
    version: int | None


def published(lake: Lake, table: Table) -> list[PublishedAs]:
    """Every target of a table, with the version that the newest run to publish it recorded."""
    versions: dict[str, int] = {}
    for run in all_runs(lake) if table.targets else ():
        for outcome in run.outcomes:
            if outcome.table == str(table.name) and outcome.target and outcome.version is not None:
                versions.setdefault(outcome.target, outcome.version)
        if versions.keys() >= set(table.targets):
            break
    return [
        PublishedAs(target=target.value, place=str(place), version=versions.get(target))
        for target, place in table.targets.items()
    ]
