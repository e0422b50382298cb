"""How two sides compare, a source and bronze or bronze and silver: figures of many rows, and no row's values."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

# The warning of a table that differs within the contract's limits.
RECONCILIATION = "reconciliation"
# The measure that every comparison has, and the command line shows; the others are checksums and sums.
ROWS = "rows"


class Verdict(StrEnum):
    """Green: both sides agree. Yellow: they differ within the contract's limits, a warning. Red: the table fails."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Record):
    """One figure as each side has it, exact and as text; None is the sum of nothing but nulls."""

    name: str
    left: str | None
    right: str | None


class Comparison(_Record):
    """Two sides compared over a span of the cursor.

    Attributes:
        left: The name of one side, a source system or a table.
        right: The name of the table that is compared with it.
        span: The span in words.
        measures: The figures of both sides.
        refused: Rows of the span in quarantine; all rows there if it is unknown which of them are in the span.
        deleted: Keys whose newest row on the left is a delete.
        verdict: The result.
        reason: What a reader has to know about the verdict.
    """

    left: str
    right: str
    span: str
    measures: tuple[Measure, ...]
    refused: int = 0
    deleted: int = 0
    verdict: Verdict
    reason: str = ""

    @property
    def rows(self) -> Measure:
        """How many rows each side has."""
        return next(m for m in self.measures if m.name == ROWS)

    @property
    def differing(self) -> tuple[Measure, ...]:
        """The measures in which the sides differ."""
        return tuple(m for m in self.measures if m.left != m.right)

    def __str__(self) -> str:
        """What differs, in words."""
        differences = "; ".join(f"{m.name} {m.left} in {self.left}, {m.right} in {self.right}" for m in self.differing)
        return f"{self.left} and {self.right}, {self.span}: {differences or 'no difference'}"
