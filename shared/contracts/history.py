"""Compiles whether and how a table keeps the versions of its rows (`storedAsScdType`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.contracts.duration import seconds
from shared.contracts.model import Disposition, Kind
from shared.contracts.versions import IS_CURRENT, VALID_FROM, VALID_TO, History
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.contracts.column import Column
    from shared.contracts.document import Document

SCD_TYPE, UNTRACKED, PARTIAL, RETENTION = "storedAsScdType", "exceptColumnList", "ignoreNullUpdates", "eventRetention"
OF_HISTORY = (UNTRACKED, PARTIAL, RETENTION)


def compile_history(
    document: Document, custom: Mapping[str, Any], columns: Sequence[Column], sequence_by: Sequence[str], kind: Kind
) -> History | None:
    """Compile `storedAsScdType` and its properties; None for a table with one row per key.

    Args:
        document: The contract.
        custom: The table's custom properties.
        columns: The table's columns.
        sequence_by: What orders the events of a key.
        kind: The kind of table.

    Raises:
        ContractError: the properties do not fit each other or the table.
    """
    type_ = custom.get(SCD_TYPE, 1)
    if type_ not in (1, 2) or isinstance(type_, bool):
        raise document.error(f"unknown {SCD_TYPE}", document.at_custom(SCD_TYPE), given=str(type_), expected="1 or 2")
    if type_ == 1:
        _refuse_idle(document, custom, kind)
        return None
    if custom.get("writeDisposition") == Disposition.SNAPSHOT:
        raise document.error(
            "a snapshot does not say when a row changed",
            document.at_custom(SCD_TYPE),
            mend="write a .sql file that makes events of the snapshots, and say writeDisposition: refresh",
        )
    _check_sequence(document, columns, sequence_by)
    if "tombstoneRetention" in custom:
        mend = f"write {RETENTION}: a history keeps its deletes with its other events"
        raise document.error("a history has no tombstones", document.at_custom("tombstoneRetention"), mend=mend)
    return History(
        untracked=_untracked(document, custom, columns),
        ignore_null_updates=_partial(document, custom, columns, sequence_by),
        event_retention_seconds=_retention(document, custom, columns, sequence_by, kind),
    )


def _refuse_idle(document: Document, custom: Mapping[str, Any], kind: Kind) -> None:
    idle = [key for key in OF_HISTORY if key in custom]
    if kind is Kind.BUILT:
        idle += [key for key in ("sequenceBy", "applyAsDeletes") if key in custom]
    if idle:
        raise document.error(f"{idle[0]} without {SCD_TYPE}: 2", document.at_custom(idle[0]), mend="remove it")


def _check_sequence(document: Document, columns: Sequence[Column], sequence_by: Sequence[str]) -> None:
    at = document.at_custom("sequenceBy")
    if len(sequence_by) != 1:
        raise document.error("a history is ordered by one column", at, given=", ".join(sequence_by) or "none")
    keys = [p.name for p in document.schema.properties if p.primaryKey]
    if sequence_by[0] in keys:
        raise document.error("a history is ordered by a column of its key", at, given=sequence_by[0])
    taken = sorted({c.name for c in columns} & {VALID_FROM, VALID_TO, IS_CURRENT})
    if taken:
        raise document.error("a history has this column of the engine's", ("schema", 0), given=", ".join(taken))


def _untracked(document: Document, custom: Mapping[str, Any], columns: Sequence[Column]) -> tuple[str, ...]:
    given = custom.get(UNTRACKED, [])
    listed = tuple(given if isinstance(given, list) else [given])
    keys = {p.name for p in document.schema.properties if p.primaryKey}
    known = [c.name for c in columns if c.name not in keys]
    if unknown := [str(name) for name in listed if name not in known]:
        raise document.error(
            f"{UNTRACKED} names what is no column beside the key",
            document.at_custom(UNTRACKED),
            given=", ".join(unknown),
            expected=", ".join(known),
        )
    return listed


def _partial(
    document: Document, custom: Mapping[str, Any], columns: Sequence[Column], sequence_by: Sequence[str]
) -> bool:
    given = custom.get(PARTIAL, False)
    if not isinstance(given, bool):
        raise document.error(
            f"{PARTIAL} is yes or no", document.at_custom(PARTIAL), given=str(given), expected="true or false"
        )
    keys = {p.name for p in document.schema.properties if p.primaryKey}
    needed = [c.name for c in columns if c.required and c.name not in (*keys, *sequence_by)]
    if given and needed:
        raise document.error(
            f"with {PARTIAL} a row may leave out what has not changed, and {needed[0]} is required",
            document.at_custom(PARTIAL),
            mend=f"take required off {', '.join(needed)}",
        )
    return given


def _retention(
    document: Document, custom: Mapping[str, Any], columns: Sequence[Column], sequence_by: Sequence[str], kind: Kind
) -> int | None:
    kept = seconds(document, custom, RETENTION)
    if kept is None:
        return None
    at = document.at_custom(RETENTION)
    if kind is Kind.BUILT:
        raise document.error("the events of a built history are its inputs' rows", at, mend=f"remove {RETENTION}")
    type_ = next(c.type for c in columns if c.name == sequence_by[0])
    if type_ not in MOMENTS:
        raise document.error(
            f"{RETENTION} is measured on sequenceBy, which is no time",
            at,
            given=f"sequenceBy of type {type_}",
            expected=" or ".join(MOMENTS),
        )
    return kept
