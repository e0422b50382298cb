"""One column of a table, and the key of another table that it may point to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.personal_data import CLOSED

if TYPE_CHECKING:
    from shared.contracts.treatment import Treatment
    from shared.names import TableName

TREATMENT, RENAMED_FROM, REFERS_TO = "treatment", "renamedFrom", "refersTo"
# What a contract says about a column beyond the standard.
CUSTOM_PROPERTIES = (TREATMENT, RENAMED_FROM, REFERS_TO)


@dataclass(frozen=True, kw_only=True)
class Parent:
    """A foreign key: the column's value must be a key of the parent table."""

    table: TableName
    column: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: The name.
        type: The Spark type of the stored value.
        description: What it holds.
        required: Whether it may not be null.
        classification: How widely it may be seen.
        treatment: What is done to a personal value before it is stored.
        logic: The expression over a row of the input that gives the value; None is the input's column of that name.
        format: The JDK pattern of a date or timestamp in the input.
        parent: The key that the value must be one of.
        renamed_from: The column's name before.
        refers_to: Columns whose values it holds, which is not checked.
    """

    name: str
    type: str
    description: str
    required: bool = False
    classification: str | None = None
    treatment: Treatment | None = None
    logic: str | None = None
    format: str | None = None
    parent: Parent | None = None
    renamed_from: str | None = None
    refers_to: tuple[Parent, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether the value is personal, or for another reason not for everybody."""
        return self.classification in CLOSED

    @property
    def clear_type(self) -> str:
        """The type of the value before treatment, which rules see."""
        return (self.treatment.clear_type if self.treatment else None) or self.type
