"""How two sides compare: the source and bronze, or bronze and silver. Figures of many rows, and no row's values."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

# What the warning is called of a table that differs within the contract's limits.
RECONCILIATION = "reconciliation"
# The measure that every comparison has, and the command line shows; the others are checksums and sums.
ROWS = "rows"


class Verdict(StrEnum):
    """Both sides agree; or differ within the contract's limits, a warning; or beyond, and the table fails."""

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

    `left` and `right` name them: a source system and a table, or two tables. `refused` counts rows of the span that lie
    in quarantine, where that is known, else all that lie there. `reason` says what is to be known of the verdict.
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
        told = "; ".join(f"{m.name} {m.left} in {self.left}, {m.right} in {self.right}" for m in self.differing)
        return f"{self.left} and {self.right}, {self.span}: {told or 'no difference'}"
