"""A landed table that lies where its contract put it before one of its columns was classified, or no longer was."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from jobs.runtime.delta_log import DeltaLog
from shared.contracts import Kind
from shared.contracts.document import short_name
from shared.errors import ContractError
from shared.places import location_of, ways_to

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.contracts import Table
    from shared.names import Roots


def refuse_misplaced(session: SparkSession, table: Table, roots: Roots) -> None:
    """Refuse to begin a table afresh, or to erase from it, while its rows lie where its contract once put them.

    They would stay there, where nothing looks after them any more, and the source may not have them again.

    Args:
        session: The session that looks.
        table: A table that is not where it belongs; only one that lands is not made anew.
        roots: The places of the lake.

    Raises:
        ContractError: it is in the other place; the error gives the commands that move it.
    """
    if table.kind is not Kind.INGESTED:
        return
    ways = {old: new for old, new in ways_to(roots, table).items() if DeltaLog(session, old).exists}
    location = location_of(roots, table)
    old = next((old for old, new in ways.items() if new == location), None)
    if old is None:
        return
    holds = "personal data" if table.is_personal else "no personal data"
    raise ContractError(
        f"{short_name(table.file)}:1: the classification of {table.name} puts the table in another place",
        given=f"its rows lie at {old}",
        expected=f"them at {location}, since the contract says that they hold {holds}",
        mend=f"move it while no run is at work, and run again once that has ended: {_moving(ways)}",
    )


def _moving(ways: dict[str, str]) -> str:
    """The commands that move folders, to be copied."""
    told = []
    for old, new in ways.items():
        places = f"{quote(old)} {quote(new)}"
        folder = quote(new.rpartition("/")[0])
        told.append(f"aws s3 mv --recursive {places}" if "://" in old else f"mkdir -p {folder} && mv {places}")
    return " && ".join(told)
