"""What a source is asked for, so that the lake can be held against it: figures of rows, and no rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from shared.contracts import Table
    from shared.jobs import Job

# More keys than these are not fetched.
MOST_KEYS = 100_000
# The checksum of keys is the sum of the first hexadecimal digits of their MD5: as many as fit any engine's integers.
DIGITS = 7
# Between the columns of a key: neither a number nor a date holds it.
BETWEEN = "|"
# The microseconds of whole seconds, which people need not read.
NOUGHT = ".000000"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a cursor: from `start` on, up to `last`, which is in it, and below `end`, which is not.

    Bounds are texts, as positions have them; None is open. All three are for a table without a cursor, which is asked
    for as a whole. `is_beyond` turns it into all that comes after it.
    """

    start: str | None = None
    last: str | None = None
    end: str | None = None
    is_beyond: bool = False

    @property
    def beyond(self) -> Span:
        """All that comes after it: rows that were changed since they were read are there now."""
        return replace(self, is_beyond=True)

    @property
    def bounds(self) -> list[tuple[str, str]]:
        """The conditions on the cursor, as sign and bound: all of them must hold, or beyond the span any of them."""
        within = ((">=", self.start), ("<=", self.last), ("<", self.end))
        given = ((">", self.last), (">=", self.end)) if self.is_beyond else within
        return [(sign, bound) for sign, bound in given if bound is not None]

    @property
    def word(self) -> str:
        """What stands between the conditions."""
        return " OR " if self.is_beyond else " AND "

    def __str__(self) -> str:
        """The span in words."""
        return self.word.lower().join(f"{sign} {bound.removesuffix(NOUGHT)}" for sign, bound in self.bounds) or "whole"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one side holds of a span, of rows that differ in key or in a column that is summed.

    `keys` is the checksum of the keys, None where a side cannot work it out. `sums` are exact; None is the sum of
    nothing but nulls.
    """

    rows: int
    keys: int | None = None
    sums: dict[str, Decimal | None] = field(default_factory=dict)


class Asker(Protocol):
    """Asks one source system."""

    @property
    def cursor_type(self) -> str | None:
        """What cursors are, where a contract's column has another type because bronze keeps text."""

    def deleted(self, table: Table) -> str | None:
        """The predicate of a bronze row whose record the source has deleted, and no longer counts."""

    def key_text(self, name: str, type_: str) -> str | None:
        """The text of a key's column as Spark SQL, to the letter as the source makes it; None where it makes none."""

    def summed(self, table: Table) -> dict[str, int]:
        """The columns whose sums the source can tell exactly, and how many digits these have behind the point."""

    def figures(self, table: Table, job: Job, span: Span) -> Figures:
        """The figures of a span, worked out by the source.

        Raises:
            SourceUnavailableError: the source did not answer.
            SourceContentError: it does not have what the contract says.
            TerminalError: the login or a right is missing.
        """

    def keys(self, table: Table, job: Job, span: Span) -> set[str]:
        """The MD5 of every key in a span, at most MOST_KEYS of them; raises as `figures` does."""
