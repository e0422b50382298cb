"""Compiles how a source marks its deletes, and how long they are remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.contracts.duration import seconds
from shared.contracts.expression import read_expression
from shared.contracts.model import Disposition
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.contracts.column import Column
    from shared.contracts.document import Document

PREDICATE, RETENTION = "applyAsDeletes", "tombstoneRetention"


def compile_deletes(
    document: Document, custom: Mapping[str, Any], columns: Sequence[Column], sequence_by: Sequence[str]
) -> tuple[str | None, int | None]:
    """Read `applyAsDeletes` and `tombstoneRetention` of a refined table.

    Args:
        document: The contract.
        custom: The table's custom properties.
        columns: The table's columns.
        sequence_by: What orders the versions of a key.

    Returns:
        The predicate over a row of the input that holds for a delete, and for how many seconds its tombstone is kept;
        None for a property that is not given.

    Raises:
        ContractError: the predicate is not one expression over one row, or the two do not fit the table.
    """
    retention = seconds(document, custom, RETENTION)
    given = custom.get(PREDICATE)
    if given is None:
        if retention is not None:
            raise document.error(
                f"{RETENTION} without {PREDICATE}", document.at_custom(RETENTION), mend="say which rows are deletes"
            )
        return None, None
    at = document.at_custom(PREDICATE)
    if custom.get("writeDisposition") == Disposition.SNAPSHOT:
        raise document.error(f"a snapshot has no {PREDICATE}: what it lacks is deleted", at, mend="remove it")
    predicate = read_expression(str(given), document.place(at))
    type_ = next((c.type for c in columns if c.name in sequence_by[:1]), None)
    if retention is not None and type_ not in MOMENTS:
        raise document.error(
            f"{RETENTION} is measured on sequenceBy, which is no time",
            document.at_custom(RETENTION),
            given=f"sequenceBy of type {type_}",
            expected=" or ".join(MOMENTS),
            mend="leave it out: tombstones are kept for ever then",
        )
    return predicate, retention
