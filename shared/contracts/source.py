"""Compiles a bronze contract's `servers` and cursor into the Source that the readers of ingest get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.contracts.cursor import CURSOR_PROPERTIES, check_asked, compile_cursor
from shared.contracts.document import TABLE
from shared.contracts.duration import seconds
from shared.contracts.model import Disposition
from shared.contracts.reconciling import RECONCILING, compile_reconciling
from shared.contracts.source_model import (
    ASKED,
    AVRO,
    FILES,
    GLUE,
    IN_GLUE,
    KAFKA,
    MAX_OFFSETS,
    REDSHIFT,
    SALESFORCE,
    SNOWFLAKE,
    WEB,
    SchemaContract,
    Source,
)
from shared.names import LANDING
from shared.personal_data import CLOSED
from shared.web_addresses import is_bare, is_web, without_login

if TYPE_CHECKING:
    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import Server
    from shared.yaml_lines import Path as YamlPath

NEEDED = {
    SNOWFLAKE: ("database", "schema_"),
    REDSHIFT: ("database", "schema_"),
    FILES: ("location", "format"),
    WEB: ("location",),
    KAFKA: ("host", "format"),
    "custom": (),
}
# The custom properties of a server, for which ODCS has no key: `format` is given to servers of type s3 and kafka only.
CUSTOM = {KAFKA: {"envelope", "schemas", "failOnDataLoss", "maxOffsetsPerTrigger"}, "custom": {"connector"}}
# Systems that ODCS has no type of server for; a server of type custom names one.
CONNECTORS = (SALESFORCE,)
KAFKA_FORMATS = (AVRO, "json")
TEXT_FORMATS = ("csv", "json", "excel")
FILE_FORMATS = (*TEXT_FORMATS, "parquet")
FORMATS = {FILES: FILE_FORMATS, KAFKA: KAFKA_FORMATS}
DEBEZIUM = "debezium"
SERVER: YamlPath = ("servers", 0)
# The custom properties of a table that are about its source.
SOURCE_PROPERTIES = CURSOR_PROPERTIES | {"schemaContract"} | RECONCILING


def compile_source(
    document: Document, custom: dict[str, Any], disposition: Disposition, columns: tuple[Column, ...]
) -> Source:
    """Compile where a table comes from, and how far it is read each time.

    Args:
        document: The contract.
        custom: The table's custom properties.
        disposition: How a batch is written to the table; a full snapshot has no cursor.
        columns: The table's columns.

    Raises:
        ContractError: the server is incomplete, or cannot or may not give what the columns hold; or cursor, lag,
            initialValue and endValue do not fit each other.
    """
    server = document.contract.servers[0]
    for key in NEEDED[server.type]:
        if getattr(server, key) is None:
            expected = "one of " + ", ".join(FORMATS[server.type]) if key == "format" else ""
            raise document.error(f"a {server.type} server needs {key.rstrip('_')}", SERVER, expected=expected)
    cursor = compile_cursor(document, custom, disposition)
    own = document.customs(server.customProperties, CUSTOM.get(server.type, {"format"}), (*SERVER, "customProperties"))
    if server.type == KAFKA:
        _check_kafka(document, server, own, custom, disposition)
    if server.type == REDSHIFT:
        _refuse_closed(document)
    type_ = _connector(document, own) if server.type == "custom" else server.type
    format_ = server.format or own.get("format")
    if type_ in (FILES, WEB):
        _check_files(document, server, format_)
    if type_ == SALESFORCE or (type_ in (FILES, WEB) and format_ in TEXT_FORMATS):
        _refuse_typed(document)
    lag_seconds = seconds(document, custom, "lag") or 0
    if cursor and type_ in ASKED:
        [column] = [c for c in columns if c.name == cursor]
        check_asked(document, custom, column, is_text=type_ in CONNECTORS)
    return Source(
        system=server.server,
        type=type_,
        object=document.schema.physicalName or document.schema.name,
        database=server.database,
        schema=server.schema_,
        location=server.location,
        format=format_,
        encoding=server.encoding,
        cursor=cursor,
        lag_seconds=lag_seconds,
        initial_value=None if custom.get("initialValue") is None else str(custom["initialValue"]),
        end_value=None if custom.get("endValue") is None else str(custom["endValue"]),
        schema_contract=_schema_contract(document, custom),
        reconciling=compile_reconciling(document, custom),
        envelope=own.get("envelope"),
        schemas=own.get("schemas"),
        fail_on_data_loss=own.get("failOnDataLoss", True),
        max_offsets=own.get("maxOffsetsPerTrigger", MAX_OFFSETS),
    )


def _check_files(document: Document, server: Server, format_: str | None) -> None:
    """Refuse files outside of the landing place, which runs may not read, or of an unknown format, and folders."""
    location = str(server.location)
    if server.type == FILES and not location.startswith(LANDING):
        raise document.error(
            "the location is not in the landing place",
            (*SERVER, "location"),
            given=location,
            expected=f"{LANDING}<folder>/<files>, in every environment",
            mend="have the files sent to the environment's landing place, and say where they lie in it",
        )
    if server.type == FILES and (location.endswith("/") or set(location) & set("[]{}")):
        raise document.error(
            "the location matches no file",
            (*SERVER, "location"),
            given=location,
            expected="the files' names after the last slash; of wildcards there are *, ? and ** only",
            mend="end it with *, or with the names as far as they are known, such as *.csv",
        )
    if format_ not in FILE_FORMATS:
        raise document.error(
            "files of this format cannot be read",
            (*SERVER, "format"),
            given=str(format_ or "nothing"),
            expected="one of " + ", ".join(FILE_FORMATS),
        )


def _refuse_typed(document: Document) -> None:
    """Refuse columns of other types than text for a source that gives only text."""
    for i, prop in enumerate(document.schema.properties):
        if prop.physicalType != "string":
            raise document.error(
                f"column {prop.name} is {prop.physicalType}, and a source of this kind holds text only",
                (*TABLE, "properties", i, "physicalType"),
                expected="physicalType: string",
                mend="give the column its type in silver",
            )


def _refuse_closed(document: Document) -> None:
    """Refuse confidential columns of Redshift: during a batch, what it unloads is in the open lake, in clear."""
    for i, prop in enumerate(document.schema.properties):
        if prop.classification in CLOSED:
            raise document.error(
                f"column {prop.name} is {prop.classification}, and a table of Redshift cannot have such a one",
                (*TABLE, "properties", i, "classification"),
                expected="public or internal",
                mend="leave the column out by a view in Redshift, and name that as physicalName",
            )


def _schema_contract(document: Document, custom: dict[str, Any]) -> SchemaContract:
    given = custom.get("schemaContract", SchemaContract.EVOLVE)
    if given not in list(SchemaContract):
        raise document.error(
            "schemaContract does not say what becomes of unknown columns",
            document.at_custom("schemaContract"),
            given=repr(given),
            expected=" or ".join(SchemaContract),
        )
    return SchemaContract(given)


def _connector(document: Document, own: dict[str, Any]) -> str:
    given = own.get("connector")
    if given not in CONNECTORS:
        raise document.error(
            "a custom server needs the custom property connector",
            (*SERVER, "customProperties"),
            given=repr(given),
            expected=" or ".join(CONNECTORS),
        )
    return str(given)


def _check_kafka(
    document: Document, server: Server, own: dict[str, Any], custom: dict[str, Any], disposition: Disposition
) -> None:
    """Check the properties of a topic; it is a log, read from offsets on, never as a whole and never by a column."""
    format_, envelope, fails = server.format, own.get("envelope"), own.get("failOnDataLoss", True)
    schemas, most = own.get("schemas"), own.get("maxOffsetsPerTrigger", MAX_OFFSETS)
    fits = {
        "format": (format_, format_ in KAFKA_FORMATS, " or ".join(KAFKA_FORMATS)),
        "schemas": (
            schemas,
            _is_place(schemas) if format_ == AVRO else schemas is None or _is_in_glue(schemas),
            f"{LANDING}<folder>, glue://registry/schema or a registry's https:// for avro, none or glue:// for json",
        ),
        "envelope": (envelope, envelope is None or (envelope, format_) == (DEBEZIUM, "json"), f"{DEBEZIUM}, in json"),
        "failOnDataLoss": (fails, isinstance(fails, bool), "true or false"),
        "maxOffsetsPerTrigger": (most, type(most) is int and most > 0, "a whole number from 1"),
        "writeDisposition": (disposition, disposition is Disposition.APPEND, str(Disposition.APPEND)),
        "cursor": (custom.get("cursor"), "cursor" not in custom, "none: a topic is read on from its offsets"),
    }
    for key, (given, does_fit, expected) in fits.items():
        if not does_fit:
            at = document.at_custom(key) if key in custom else SERVER
            raise document.error(
                f"{key} does not fit a Kafka topic", at, given=without_login(str(given)), expected=expected
            )


def _is_place(schemas: object) -> bool:
    if not isinstance(schemas, str):
        return False
    if schemas.startswith(GLUE):
        return _is_in_glue(schemas)
    return is_bare(schemas) if is_web(schemas) else len(schemas) > len(LANDING) and schemas.startswith(LANDING)


def _is_in_glue(schemas: object) -> bool:
    return isinstance(schemas, str) and IN_GLUE.fullmatch(schemas) is not None
