"""The figures by which reconciliation compares a source with the lake: counts, checksums and sums, but no rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from shared.contracts import Table
    from shared.jobs import Job

# No more keys than these are fetched.
MOST_KEYS = 100_000
# The checksum of keys is the sum of the first hexadecimal digits of their MD5: as many as fit any engine's integers.
DIGITS = 7
# Separates the columns of a key; no number and no date contains it.
BETWEEN = "|"
# The microseconds of whole seconds, left out of spans in words.
NO_MICROSECONDS = ".000000"


@dataclass(frozen=True, kw_only=True)
class CursorSpan:
    """The part of a cursor that reconciliation compares: from `start` on, up to `last` inclusive, and below `end`.

    Bounds are texts, as in positions; None is open, and all three are for a table without a cursor, which is compared
    whole. `is_beyond` turns the span into all that comes after it. A `CursorRange`, in contrast, is what ingestion
    reads next: it starts at the position less the lag and has no `last`, since how far it gets is not known before.
    """

    start: str | None = None
    last: str | None = None
    end: str | None = None
    is_beyond: bool = False

    @property
    def beyond(self) -> CursorSpan:
        """All that comes after the span, where rows that changed since they were read have moved to."""
        return replace(self, is_beyond=True)

    @property
    def bounds(self) -> list[tuple[str, str]]:
        """The conditions on the cursor, as operator and bound: within the span all must hold, beyond it any."""
        within = ((">=", self.start), ("<=", self.last), ("<", self.end))
        given = ((">", self.last), (">=", self.end)) if self.is_beyond else within
        return [(sign, bound) for sign, bound in given if bound is not None]

    @property
    def word(self) -> str:
        """The SQL operator between the conditions, with spaces."""
        return " OR " if self.is_beyond else " AND "

    def __str__(self) -> str:
        """The span in words."""
        return (
            self.word.lower().join(f"{sign} {bound.removesuffix(NO_MICROSECONDS)}" for sign, bound in self.bounds)
            or "whole"
        )


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of one side for a span, over the distinct combinations of key and summed columns.

    `keys` is the checksum of the keys, None where a side cannot compute it. `sums` are exact; the sum of nulls alone
    is None.
    """

    rows: int
    keys: int | None = None
    sums: dict[str, Decimal | None] = field(default_factory=dict)


class FiguresReader(Protocol):
    """Has one source system compute figures of a table; the counterpart of its Reader, which reads rows."""

    @property
    def cursor_type(self) -> str | None:
        """The type of the source's cursors, where bronze keeps them as text; None where the contract's type holds."""

    def deleted(self, table: Table) -> str | None:
        """The predicate of bronze rows that the source has deleted, and so does not count; None where there is none."""

    def key_text(self, name: str, type_: str) -> str | None:
        """Spark SQL for a key column's text, exactly as the source writes it; None for types it writes differently."""

    def summed(self, table: Table) -> dict[str, int]:
        """The columns that the source can sum exactly, with the scale of each."""

    def figures(self, table: Table, job: Job, span: CursorSpan) -> Figures:
        """The figures of a span, computed by the source.

        Raises:
            SourceUnavailableError: the source did not answer.
            SourceContentError: it does not have what the contract says.
            TerminalError: the login or a right is missing.
        """

    def keys(self, table: Table, job: Job, span: CursorSpan) -> set[str]:
        """The MD5 of every key in a span, at most MOST_KEYS of them; raises as `figures` does."""
