"""A table as it was built, from its Delta schema and the facts about its contract that its last batch recorded."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from shared.contracts.column import Column
from shared.contracts.evolution.changes import Change, ChangeKind, compare
from shared.contracts.evolution.policy import AssessedChange, assessed
from shared.contracts.model import Disposition, Kind
from shared.contracts.retention import Retention
from shared.contracts.treatment import Treatment
from shared.contracts.versions import History

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.model import Table


def contract_facts(table: Table) -> dict[str, Any]:
    """The facts about its contract that a batch records besides the fingerprint: those that the table does not show."""
    return {
        "version": table.version,
        "key": list(table.primary_key),
        "sequence_by": list(table.sequence_by),
        "disposition": str(table.disposition),
        "required": [c.name for c in table.columns if c.required],
        "deletes": table.apply_as_deletes,
        "history": _recorded_history(table.history),
        "retention": asdict(table.retention) if table.retention else None,
        # With those that have none: a column that is missing here was added by a run that died before its batch.
        "treatments": {c.name: str(c.treatment or "") for c in table.columns if table.kind is Kind.REFINED},
        "cursor": table.source.cursor if table.source else None,
    }


def as_built(table: Table, stored: Mapping[str, str], facts: Mapping[str, Any]) -> Table:
    """The contract by which a table was built, as far as its shape differs from the current contract.

    Args:
        table: The current contract.
        stored: The Spark types of the Delta table's columns, by name.
        facts: The facts that the last batch recorded; others count as unchanged.
    """
    extra = {c.name for c in table.all_columns} - set(table.column_names)
    now = {c.name: c for c in table.columns}
    was_called = {c.renamed_from: c for c in table.columns if c.renamed_from and c.name not in stored}
    required, treatments = facts.get("required"), facts.get("treatments", {})
    columns = []
    for name, type_ in stored.items():
        if name in extra:
            continue
        known = now.get(name) or was_called.get(name) or Column(name=name, type=type_, description="")
        needed = known.required if required is None else name in required
        treatment = _treatment(treatments[name]) if name in treatments else known.treatment
        columns.append(replace(known, name=name, type=type_, required=needed, treatment=treatment, renamed_from=None))
    source = table.source and replace(table.source, cursor=facts.get("cursor", table.source.cursor))
    return replace(
        table,
        version=str(facts.get("version", "")),
        columns=tuple(columns),
        primary_key=tuple(facts.get("key", table.primary_key)),
        sequence_by=tuple(facts.get("sequence_by", table.sequence_by)),
        disposition=Disposition(facts.get("disposition", table.disposition)),
        apply_as_deletes=facts.get("deletes", table.apply_as_deletes),
        history=_history(table, facts),
        retention=_retention(table, facts),
        source=source,
    )


def _recorded_history(history: History | None) -> dict[str, Any] | None:
    if history is None:
        return None
    return {"untracked": list(history.untracked), "ignore_null_updates": history.ignore_null_updates}


def _history(table: Table, facts: Mapping[str, Any]) -> History | None:
    if "history" not in facts:
        return table.history
    built = facts["history"]
    return built and History(
        untracked=tuple(built["untracked"]),
        ignore_null_updates=bool(built["ignore_null_updates"]),
        event_retention_seconds=table.history.event_retention_seconds if table.history else None,
    )


def _retention(table: Table, facts: Mapping[str, Any]) -> Retention | None:
    if "retention" not in facts:
        return table.retention
    built = facts["retention"]
    return built and Retention(**built)


def _treatment(recorded: str) -> Treatment | None:
    return Treatment(recorded) if recorded else None


def since_built(
    table: Table, stored: Mapping[str, str], facts: Mapping[str, Any], fingerprint: str
) -> tuple[Table, tuple[AssessedChange, ...]]:
    """The table as it was built, and the changes of its contract since.

    Rules and logic are not stored with a table; only the fingerprint shows that they changed. Nor are classifications:
    a table that is found at its location is where its contract puts it.
    """
    old = as_built(table, stored, facts)
    changes = tuple(change for change in compare(old, table) if change.what is not ChangeKind.MOVED)
    if not changes and fingerprint not in ("", table.fingerprint):
        changes = (Change(what=ChangeKind.DECISION_CHANGED),)
    return old, tuple(assessed(change, table) for change in changes)
