"""Turn, the interface between the publishing flow and a target, and Published, how far a table is published there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BOOKS = ("read", "inserted", "updated", "deleted")


@dataclass(frozen=True, kw_only=True)
class Published:
    """How far a table was published, and what that publication did.

    Attributes:
        version: The table's version.
        table_id: Delta's id of the table.
        shape: The hash of its key and of what decides how its rows look at the target.
        run: The run that published it.
        books: What became of the rows that were sent.
        warnings: How many rows the target could not take, by reason.
        reason: Why every row was sent; empty if only changed rows were.
        moment: When the version was committed, in milliseconds: in a lake that was cut back another version may have
            its number. None if an earlier release recorded it.
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
    """One publisher's work on one table at a target, from `begin` to `end`; it is over when another publisher begins.

    Each method may raise LostRaceError, if another publisher has begun, and the target's own errors.

    Attributes:
        last: How far the table was published before; None if never.
        shape: A hash of the key and of what decides how a row looks at the target; if it changes, every row is sent.
        why_whole: Why every row has to be sent; empty if it need not.
    """

    last: Published | None
    shape: str
    why_whole: str

    def begin(self) -> None:
        """Prepare the target for rows."""

    def send(self, rows: DataFrame, version: int) -> None:
        """Send the rows that changed, as `rows.changed` has them.

        Args:
            rows: The rows.
            version: The version of the table that they were read from.
        """

    def replace(self, rows: DataFrame, version: int) -> None:
        """Replace the target's rows by all rows, as `rows.whole` has them."""

    @property
    def books(self) -> dict[str, int]:
        """What became of the rows that were sent: all of `BOOKS`."""

    @property
    def warnings(self) -> dict[str, int]:
        """How many rows the target could not take, by reason."""

    def end(self, published: Published) -> None:
        """Record how far the table is published, with or after the last of its rows."""
