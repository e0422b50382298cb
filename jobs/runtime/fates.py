"""The fate of a row of a batch: what it is counted as; in a column of its own until the batch is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column

FATE = "_fate"
INSERT, UPDATE, DELETE, SUPERSEDED, QUARANTINED = "insert", "update", "delete", "superseded", "quarantined"
# The fate of a delete whose row does not exist, or has not arrived yet.
BURY = "bury"
FATES = (INSERT, UPDATE, DELETE, BURY, SUPERSEDED, QUARANTINED)
EFFECTIVE = (INSERT, UPDATE, DELETE)
# The account of each fate in the books. BURY has none: its rows are counted as `tombstoned`.
ACCOUNT_OF = {
    INSERT: "inserted",
    UPDATE: "updated",
    DELETE: "deleted",
    SUPERSEDED: "superseded",
    QUARANTINED: "quarantined",
}


def counted(fates: Iterable[str]) -> list[Column]:
    """Measures of how many rows have each of the given fates, named after the fate."""
    return [F.count_if(F.col(FATE) == fate).alias(fate) for fate in fates]


def booked(seen: Mapping[str, int], fates: Iterable[str]) -> dict[str, int]:
    """The books' accounts of the given fates, from what `counted` measured."""
    return {ACCOUNT_OF[fate]: seen[fate] for fate in fates}
