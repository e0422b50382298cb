"""Refuses landed tables that are still where they belonged before a column was classified, or no longer was."""

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
    """Refuse to start an empty table, or to erase from one, while its rows are where its contract put them before.

    They would stay there without upkeep and erasure, and the source may not have them any more.

    Args:
        session: The session that reads the logs.
        table: A table that does not exist where it belongs; only landed ones are refused, others can be rebuilt.
        roots: The roots of the lake.

    Raises:
        ContractError: it is in the other place; the error gives the commands that move it.
    """
    if table.kind is not Kind.INGESTED:
        return
    moves = {old: new for old, new in ways_to(roots, table).items() if DeltaLog(session, old).exists}
    location = location_of(roots, table)
    old = next((old for old, new in moves.items() if new == location), None)
    if old is None:
        return
    holds = "personal data" if table.is_personal else "no personal data"
    raise ContractError(
        f"{short_name(table.file)}:1: the classification of {table.name} puts the table in another place",
        given=f"its rows lie at {old}",
        expected=f"them at {location}, since the contract says that they hold {holds}",
        mend=f"move it while no run is at work, and run again once that has ended: {_moving(moves)}",
    )


def _moving(moves: dict[str, str]) -> str:
    """The shell commands that move folders, given old and new location."""
    commands = []
    for old, new in moves.items():
        places = f"{quote(old)} {quote(new)}"
        folder = quote(new.rpartition("/")[0])
        commands.append(f"aws s3 mv --recursive {places}" if "://" in old else f"mkdir -p {folder} && mv {places}")
    return " && ".join(commands)
