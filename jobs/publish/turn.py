"""A publisher's turn at the place one table's rows go to, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BOOKS = ("read", "inserted", "updated", "deleted")


@dataclass(frozen=True, kw_only=True)
class Published:
    """How far a table was published: its version and id, the shape of its rows there, and by which run.

    `moment` is when the version was committed, which tells it from another of its number in a lake that was cut back;
    None of earlier releases.
    """

    version: int
    table_id: str
    shape: str
    run: str
    books: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    moment: int | None = None


class Turn(Protocol):
    """What a target lets a publisher do, between `begin` and `end`, until somebody else's turn has begun.

    `last` says how far the table was published before, None if never. `shape` is a hash of what decides how a row looks
    there: where it changed, or `why_whole` says something, every row is sent again.

    Each method may raise LostRaceError: another publisher is at work; and what the target itself goes wrong with.
    """

    last: Published | None
    shape: str
    why_whole: str

    def begin(self) -> None:
        """Get ready for rows."""

    def send(self, rows: DataFrame, version: int) -> None:
        """Send the rows that changed, as `rows.changed` has them.

        Args:
            rows: The rows.
            version: The version of the table that they were read from.
        """

    def replace(self, rows: DataFrame, version: int) -> None:
        """Send all rows, as `rows.whole` has them, in the place of those that are there."""

    @property
    def books(self) -> dict[str, int]:
        """What became of the rows that were sent: all of `BOOKS`."""

    @property
    def warnings(self) -> dict[str, int]:
        """How many rows the target could not take, by the reason."""

    def end(self, published: Published) -> None:
        """Write down how far the table is published, once all its rows are."""
