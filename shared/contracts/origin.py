"""Where the rows of a bronze table come from: the contract's server and how far it is read, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Sources that are asked a question; those of other types are lists of files, or logs.
ASKED_BY_CURSOR = ("snowflake", "redshift", "salesforce")


class SchemaContract(StrEnum):
    """What becomes of columns that a contract does not know (the contract's `schemaContract`)."""

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD_VALUE = "discardValue"
    QUARANTINE_ROW = "quarantineRow"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a bronze table comes from. `system` names the secret or parameter with the connection.

    Of a Kafka topic `envelope` says what the payload is wrapped in, `schemas` where the writers' schemas lie, and
    `fail_on_data_loss` whether records that are gone before they were read fail the table.
    """

    system: str
    type: str
    object: str
    database: str | None = None
    schema: str | None = None
    location: str | None = None
    format: str | None = None
    encoding: str = "UTF-8"
    cursor: str | None = None
    lag_seconds: int = 0
    initial_value: str | None = None
    end_value: str | None = None
    schema_contract: SchemaContract = SchemaContract.EVOLVE
    envelope: str | None = None
    schemas: str | None = None
    fail_on_data_loss: bool = True

    @property
    def has_windows(self) -> bool:
        """Whether any part of the source can be asked for by the values of the cursor."""
        return self.cursor is not None and self.type in ASKED_BY_CURSOR
