"""What a search has learned about a person, by which it finds further rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts import Table


@dataclass
class Person:
    """What a search has learned about a person. What is in clear stays in this process.

    Attributes:
        keys: The values of columns that other tables refer to, by table and column, in clear.
        values: Personal values, in clear.
        shared: Columns in which other people's rows hold the same value, so it is not used to find further rows.
        tokenized: The values, by table, that are or were in its columns as tokens, in clear.
        origins: Where rows are in a bronze table, by its name, as the quarantine of a refined table has it.
    """

    keys: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, repr=False)
    values: set[str] = field(default_factory=set, repr=False)
    shared: set[str] = field(default_factory=set)
    tokenized: dict[str, set[str]] = field(default_factory=dict, repr=False)
    origins: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def add(self, table: Table, column: str, values: Iterable[str | None]) -> None:
        """Add values of a column that other tables refer to."""
        at = (str(table.name), column)
        self.keys[at] = self.keys.get(at, frozenset()) | frozenset(v for v in values if v is not None)

    def add_origins(self, bronze: Table, origins: Iterable[str]) -> None:
        """Add where rows are in a bronze table."""
        name = str(bronze.name)
        self.origins[name] = self.origins.get(name, frozenset()) | frozenset(origins)

    def of(self, table: Table, column: str) -> frozenset[str]:
        """The known values of a column."""
        return self.keys.get((str(table.name), column), frozenset())
