"""What becomes of a row of a batch: its fate, in a column of its own until the batch is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column

FATE = "_fate"
INSERT, UPDATE, DELETE, SUPERSEDED, QUARANTINED = "insert", "update", "delete", "superseded", "quarantined"
# A delete of a row that is not there, or not yet.
BURY = "bury"
FATES = (INSERT, UPDATE, DELETE, BURY, SUPERSEDED, QUARANTINED)
EFFECTIVE = (INSERT, UPDATE, DELETE)
# Under which account the books have the rows of a fate; those that are buried are told with the tombstones.
ACCOUNT_OF = {
    INSERT: "inserted",
    UPDATE: "updated",
    DELETE: "deleted",
    SUPERSEDED: "superseded",
    QUARANTINED: "quarantined",
}


def counted(fates: Iterable[str]) -> list[Column]:
    """How many rows have each of some fates, by its name."""
    return [F.count_if(F.col(FATE) == fate).alias(fate) for fate in fates]


def booked(seen: Mapping[str, int], fates: Iterable[str]) -> dict[str, int]:
    """What `counted` measured, by account."""
    return {ACCOUNT_OF[fate]: seen[fate] for fate in fates}
