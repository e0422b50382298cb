"""The Open Data Contract Standard as this project reads it: a strict model of one contract file.

Field names and shapes follow ODCS 3.1 (https://bitol-io.github.io/open-data-contract-standard/v3.1.0/). Fields of the
standard for people only are accepted and ignored; any other key is refused.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.governance.access import DOMAIN


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Described(_Strict):
    """What ODCS allows on any element for people and other tools."""

    id: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    authoritativeDefinitions: tuple[dict[str, Any], ...] = ()


class CustomProperty(_Strict):
    """A property that ODCS lacks, named in camel case."""

    property: str
    value: Any
    description: str | None = None


class Quality(_Described):
    """One quality rule: a metric of the library, or SQL that counts the bad rows."""

    name: str
    type: Literal["library", "sql"]
    metric: Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] | None = None
    arguments: dict[str, Any] = {}
    query: str | None = None
    severity: Literal["error", "warning"] = "error"
    dimension: str | None = None
    businessImpact: str | None = None
    unit: Literal["rows"] | None = None
    mustBe: float | None = None
    mustNotBe: float | None = None
    mustBeGreaterThan: float | None = None
    mustBeGreaterOrEqualTo: float | None = None
    mustBeLessThan: float | None = None
    mustBeLessOrEqualTo: float | None = None
    mustBeBetween: tuple[float, float] | None = None
    mustNotBeBetween: tuple[float, float] | None = None
    customProperties: tuple[CustomProperty, ...] = ()


class Relationship(_Strict):
    """A foreign key, `to: <table>.<column>` or `<layer>.<table>.<column>`."""

    type: Literal["foreignKey"] = "foreignKey"
    to: str
    description: str | None = None


class LogicalTypeOptions(_Strict):
    """How a value is written at the source: for dates and timestamps, a pattern of the JDK's DateTimeFormatter."""

    format: str | None = None


class Property(_Described):
    """One column."""

    name: str
    logicalType: Literal["string", "date", "timestamp", "time", "number", "integer", "boolean", "array", "object"]
    logicalTypeOptions: LogicalTypeOptions = LogicalTypeOptions()
    physicalType: str
    physicalName: str | None = None
    businessName: str | None = None
    description: str
    required: bool = False
    primaryKey: bool = False
    primaryKeyPosition: int = -1
    classification: Literal["public", "internal", "confidential", "restricted"] | None = None
    criticalDataElement: bool = False
    transformSourceObjects: tuple[str, ...] = ()
    transformLogic: str | None = None
    transformDescription: str | None = None
    examples: tuple[Any, ...] = ()
    relationships: tuple[Relationship, ...] = Field(default=(), max_length=1)
    quality: tuple[Quality, ...] = ()
    customProperties: tuple[CustomProperty, ...] = ()


class SchemaObject(_Described):
    """The table of a contract; there is exactly one."""

    name: str
    logicalType: Literal["object"] | None = None
    physicalType: Literal["table"]
    physicalName: str | None = None
    businessName: str | None = None
    dataGranularityDescription: str
    properties: tuple[Property, ...] = Field(min_length=1)
    quality: tuple[Quality, ...] = ()
    customProperties: tuple[CustomProperty, ...] = ()


class Server(_Described):
    """Where a bronze table comes from, or where a built one is published."""

    # It names a secret or parameter; those of the lake itself have hyphens.
    server: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["snowflake", "redshift", "s3", "api", "kafka", "custom"]
    environment: str | None = None
    account: str | None = None
    host: str | None = None
    database: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    warehouse: str | None = None
    location: str | None = None
    format: str | None = None
    encoding: str = "UTF-8"
    customProperties: tuple[CustomProperty, ...] = ()


class Description(_Strict):
    """What the table is for."""

    purpose: str
    usage: str | None = None
    limitations: str | None = None
    authoritativeDefinitions: tuple[dict[str, Any], ...] = ()


class Role(_Strict):
    """Who may read the table, or turn its tokens back. ODCS calls the rights `access`."""

    role: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")
    access: Literal["read", "detokenize"] = "read"
    description: str | None = None
    firstLevelApprovers: str | None = None
    secondLevelApprovers: str | None = None
    customProperties: tuple[CustomProperty, ...] = ()


class SlaProperty(_Strict):
    """A promise about the table, such as how fresh it is."""

    id: str | None = None
    property: str
    value: Any
    valueExt: Any = None
    unit: str | None = None
    element: str | None = None
    driver: str | None = None
    description: str | None = None
    scheduler: str | None = None
    schedule: str | None = None


class Contract(_Strict):
    """One contract file."""

    apiVersion: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    name: str
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    domain: str | None = Field(default=None, pattern=DOMAIN)
    tenant: str | None = None
    dataProduct: str | None = None
    tags: tuple[str, ...] = ()
    description: Description
    servers: tuple[Server, ...] = ()
    schema_: tuple[SchemaObject, ...] = Field(alias="schema", min_length=1, max_length=1)
    slaProperties: tuple[SlaProperty, ...] = ()
    roles: tuple[Role, ...] = ()
    team: Any = None
    support: tuple[dict[str, Any], ...] = ()
    authoritativeDefinitions: tuple[dict[str, Any], ...] = ()
