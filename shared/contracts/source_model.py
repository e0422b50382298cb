"""The source of a bronze table, compiled: the contract's server, its cursor, and what to do with unknown columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from shared.contracts.reconciling import Reconciling
from shared.web_addresses import is_web

# The types of source.
KAFKA, REDSHIFT, SALESFORCE, SNOWFLAKE = "kafka", "redshift", "salesforce", "snowflake"
# Files in the landing place, and files at a web address.
FILES, WEB = "s3", "api"
# Sources that answer queries; those of other types are files or logs.
ASKED = (SNOWFLAKE, REDSHIFT, SALESFORCE)
# Source: AWS Glue's API reference, RegistryName and SchemaName.
GLUE = "glue://"
# Records of a kilobyte each, staged and pinned, then fit on a worker's disk of 20 GB.
MAX_OFFSETS = 5_000_000
# A format of a topic's records; the other one is `json`.
AVRO = "avro"
IN_GLUE = re.compile(GLUE + r"(?P<registry>[\w$#.-]{1,255})(?:/(?P<schema>[\w$#.-]{1,255}))?", re.ASCII)


class SchemaContract(StrEnum):
    """What to do with columns that a contract does not know (the contract's `schemaContract`)."""

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD_VALUE = "discardValue"
    QUARANTINE_ROW = "quarantineRow"


@dataclass(frozen=True)
class RegisteredSchema:
    """A schema, with all its versions, in AWS Glue's schema registry."""

    registry: str
    schema: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the rows of a bronze table come from.

    Attributes:
        system: The source system; it names the secret or parameter with the connection.
        type: The type of source.
        object: The table, topic or object there.
        database: Of a warehouse, the database.
        schema: Of a warehouse, the schema.
        location: Of files, where they are.
        format: The format of files or records.
        encoding: The encoding of text files.
        cursor: The column by whose values the source is read incrementally; None if it is not.
        lag_seconds: How far before the position each batch begins.
        initial_value: The value of the cursor from which the first batch reads.
        end_value: The value of the cursor up to which it is read.
        schema_contract: What to do with unknown columns.
        envelope: Of a topic, what the payload is wrapped in.
        schemas: Of a topic, where the writers' schemas are.
        fail_on_data_loss: Of a topic, whether records that are gone before they were read fail the table.
        max_offsets: Of a topic, how many offsets one batch reads at most; a run reads as many batches as it takes.
        reconciling: How the table is compared with the source.
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
    # Not in the repr, and so not in the contract's fingerprint, since they decide no row.
    max_offsets: int = field(default=MAX_OFFSETS, repr=False)
    reconciling: Reconciling = field(default_factory=Reconciling, repr=False)

    @property
    def place(self) -> str:
        """The table of a database, as errors and source positions name it."""
        return ".".join(part or "" for part in (self.database, self.schema, self.object))

    @property
    def registered(self) -> RegisteredSchema | None:
        """The schema of Glue's registry that decodes records; None if it is elsewhere, or the records are JSON.

        By default it has the topic's name, as Glue's serializers call it.
        """
        found = IN_GLUE.fullmatch(self.schemas or "") if self.format == AVRO else None
        return RegisteredSchema(found["registry"], found["schema"] or self.object) if found else None

    @property
    def may_be_packed(self) -> bool:
        """Whether each record may be compressed by itself, as only Glue's serializer does."""
        return (self.schemas or "").startswith(GLUE)

    @property
    def registry(self) -> str | None:
        """The address of a schema registry with Confluent's API, if there is one; the environment may give another."""
        return self.schemas if self.schemas and is_web(self.schemas) else None

    @property
    def has_windows(self) -> bool:
        """Whether any part of the source can be queried by values of the cursor."""
        return self.cursor is not None and self.type in ASKED
