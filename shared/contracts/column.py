"""One column of a table, and the key of another table that it may point to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.personal_data import CLOSED

if TYPE_CHECKING:
    from shared.contracts.treatment import Treatment
    from shared.names import TableName

TREATMENT, RENAMED_FROM, REFERS_TO = "treatment", "renamedFrom", "refersTo"
# What a contract says of a column beyond the standard.
CUSTOM_PROPERTIES = (TREATMENT, RENAMED_FROM, REFERS_TO)


@dataclass(frozen=True, kw_only=True)
class Parent:
    """A foreign key: the column's value must be a key of the parent table."""

    table: TableName
    column: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: `type` is a Spark type, `logic` an expression over the input, `format` a JDK date pattern.

    `treatment` says what is done to the value before it is stored, of which `type` then is the type. `renamed_from` is
    what the column was called before. `refers_to` are columns whose values it holds, too, without a check of that.
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
        """Whether the value is personal, or else not for everybody."""
        return self.classification in CLOSED

    @property
    def clear_type(self) -> str:
        """The type of the value before it is treated, in which rules see it."""
        return (self.treatment.clear_type if self.treatment else None) or self.type
