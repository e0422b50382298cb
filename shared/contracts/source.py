"""From a bronze contract's `servers` and its cursor to the Source the ingest readers are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.contracts.duration import seconds
from shared.contracts.model import Disposition
from shared.contracts.origin import SchemaContract, Source

if TYPE_CHECKING:
    from shared.contracts.document import Document
    from shared.contracts.lines import Path as YamlPath
    from shared.contracts.odcs import Server

NEEDED = {
    "snowflake": ("database", "schema_"),
    "redshift": ("database", "schema_"),
    "s3": ("location", "format"),
    "api": ("location",),
    "custom": (),
}
# Systems that ODCS has no type of server for; a server of type custom names one.
CONNECTORS = ("salesforce",)
SERVER: YamlPath = ("servers", 0)


def compile_source(document: Document, custom: dict[str, Any], disposition: Disposition) -> Source:
    """Read where a table comes from, and how far it is read each time.

    Args:
        document: The contract.
        custom: The table's custom properties.
        disposition: How a batch meets the table; a full snapshot has no cursor.

    Raises:
        ContractError: the server is incomplete, or cursor, lag, initialValue and endValue do not fit each other.
    """
    server = document.contract.servers[0]
    for key in NEEDED[server.type]:
        if getattr(server, key) is None:
            raise document.error(f"a {server.type} server needs {key.rstrip('_')}", SERVER)
    cursor = _cursor(document, custom, disposition)
    return Source(
        system=server.server,
        type=_connector(document, server) if server.type == "custom" else server.type,
        object=document.schema.physicalName or document.schema.name,
        database=server.database,
        schema=server.schema_,
        location=server.location,
        format=_format(document, server),
        encoding=server.encoding,
        cursor=cursor,
        lag_seconds=seconds(document, custom, "lag") or 0,
        initial_value=None if custom.get("initialValue") is None else str(custom["initialValue"]),
        end_value=None if custom.get("endValue") is None else str(custom["endValue"]),
        schema_contract=_schema_contract(document, custom),
    )


def _cursor(document: Document, custom: dict[str, Any], disposition: Disposition) -> str | None:
    cursor = custom.get("cursor")
    names = [p.name for p in document.schema.properties]
    if cursor is None:
        if idle := sorted({"lag", "initialValue", "endValue"} & set(custom)):
            at = document.at_custom(idle[0])
            raise document.error(f"{' and '.join(idle)} without a cursor", at, mend="name the cursor column")
        return None
    if cursor not in names:
        raise document.error(
            "cursor names a column the table does not have",
            document.at_custom("cursor"),
            given=str(cursor),
            expected=", ".join(names),
        )
    if disposition is Disposition.SNAPSHOT:
        raise document.error(
            "a snapshot is read whole and has no cursor",
            document.at_custom("cursor"),
            given=f"cursor: {cursor}",
            mend="remove cursor, or say writeDisposition: append",
        )
    return str(cursor)


def _schema_contract(document: Document, custom: dict[str, Any]) -> SchemaContract:
    given = custom.get("schemaContract", SchemaContract.EVOLVE)
    if given not in set(SchemaContract):
        raise document.error(
            "schemaContract does not say what becomes of unknown columns",
            document.at_custom("schemaContract"),
            given=repr(given),
            expected=" or ".join(SchemaContract),
        )
    return SchemaContract(given)


def _connector(document: Document, server: Server) -> str:
    given = _server_customs(document, server).get("connector")
    if given not in CONNECTORS:
        raise document.error(
            "a custom server needs the custom property connector",
            (*SERVER, "customProperties"),
            given=repr(given),
            expected=" or ".join(CONNECTORS),
        )
    return str(given)


def _format(document: Document, server: Server) -> str | None:
    # ODCS gives `format` to servers of type s3 only.
    return server.format or _server_customs(document, server).get("format")


def _server_customs(document: Document, server: Server) -> dict[str, Any]:
    known = {"connector"} if server.type == "custom" else {"format"}
    return document.customs(server.customProperties, known, (*SERVER, "customProperties"))
