"""Where the rows of a bronze table come from: the contract's server and how far it is read, compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from shared.contracts.reconciling import Reconciling
from shared.web_addresses import is_web

# The types of source.
KAFKA, REDSHIFT, SALESFORCE, SNOWFLAKE = "kafka", "redshift", "salesforce", "snowflake"
# Files: those that others put into the landing place, and those at a web address.
FILES, WEB = "s3", "api"
# Sources that are asked a question; those of other types are lists of files, or logs.
ASKED = (SNOWFLAKE, REDSHIFT, SALESFORCE)
# Source: AWS Glue's API reference, RegistryName and SchemaName.
GLUE = "glue://"
# How a topic's records are written; `json` is the other way.
AVRO = "avro"
IN_GLUE = re.compile(GLUE + r"(?P<registry>[\w$#.-]{1,255})(?:/(?P<schema>[\w$#.-]{1,255}))?", re.ASCII)


class SchemaContract(StrEnum):
    """What becomes of columns that a contract does not know (the contract's `schemaContract`)."""

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD_VALUE = "discardValue"
    QUARANTINE_ROW = "quarantineRow"


@dataclass(frozen=True)
class RegisteredSchema:
    """A schema in AWS Glue's schema registry, of which there are versions."""

    registry: str
    schema: str


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
    # Left out of what makes the contract's fingerprint: it decides no row.
    reconciling: Reconciling = field(default_factory=Reconciling, repr=False)

    @property
    def place(self) -> str:
        """A table of a database, as errors and source positions name it."""
        return ".".join(part or "" for part in (self.database, self.schema, self.object))

    @property
    def registered(self) -> RegisteredSchema | None:
        """The schema of Glue's registry that decodes records; None where it lies elsewhere, or JSON needs none.

        Unless the contract says otherwise it has the topic's name, which is what Glue's serializers call it.
        """
        found = IN_GLUE.fullmatch(self.schemas or "") if self.format == AVRO else None
        return RegisteredSchema(found["registry"], found["schema"] or self.object) if found else None

    @property
    def may_be_packed(self) -> bool:
        """Whether Glue's serializer wrote the records, which alone compresses each by itself."""
        return (self.schemas or "").startswith(GLUE)

    @property
    def registry(self) -> str | None:
        """The address of a schema registry with Confluent's API, unless the environment has another; None without."""
        return self.schemas if self.schemas and is_web(self.schemas) else None

    @property
    def has_windows(self) -> bool:
        """Whether any part of the source can be asked for by the values of the cursor."""
        return self.cursor is not None and self.type in ASKED
