"""Compiles the `servers` of a built contract: the path of the API and the table of Snowflake it is published to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.serving import ServedPath, Target
from shared.snowflake import SnowflakeTable, snowflake_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.odcs import Server
    from shared.contracts.readers import Reader
    from shared.yaml_lines import Path as YamlPath

# ODCS's types of server that rows are published to.
TARGETS = {"api": Target.API, "snowflake": Target.SNOWFLAKE}
MISFITS = ("array", "binary", "boolean", "double", "float")


def at_target(document: Document, target: Target) -> YamlPath:
    """The path of the server that names a target."""
    types = [TARGETS.get(server.type) for server in document.contract.servers]
    return ("servers", types.index(target))


def compile_serving(
    document: Document, columns: tuple[Column, ...], key: tuple[str, ...], readers: Iterable[Reader]
) -> tuple[ServedPath | None, SnowflakeTable | None]:
    """Compile where rows are published; None for a target that the contract does not name.

    Neither target hides columns or rows from its readers, so a table of which readers of the lake see only a part is
    not published.

    Raises:
        ContractError: a server is of another type or named twice; it gives no path of the whole key, or no table; or
            the table has columns or rows that not all may see.
    """
    servers = {}
    for i, server in enumerate(document.contract.servers):
        target = TARGETS.get(server.type)
        if target is None or target in servers:
            raise document.error(
                "a built table is published to each kind of server once",
                ("servers", i),
                given=f"type: {server.type}" + (", once more" if target else ""),
                expected="one of " + ", ".join(f"type: {kind}" for kind in TARGETS),
            )
        servers[target] = server
        _refuse_parts(document, ("servers", i), columns, readers)
    api, snowflake = servers.get(Target.API), servers.get(Target.SNOWFLAKE)
    return (
        _path(document, api, columns, key) if api else None,
        _table(document, snowflake, columns) if snowflake else None,
    )


def _path(document: Document, server: Server, columns: tuple[Column, ...], key: tuple[str, ...]) -> ServedPath:
    path, at = ServedPath.parse(server.location or ""), at_target(document, Target.API)
    if path is None or path.columns != key:
        raise document.error(
            "a built table is served by the path of its rows",
            at,
            given=f"type: {server.type}, location: {server.location}",
            expected="type: api, location: /<collection>/" + "/".join(f"{{{column}}}" for column in key),
        )
    for column in columns:
        if column.name in key and column.type.partition("<")[0] in MISFITS:
            raise document.error(
                f"the key {column.name} cannot stand in a path",
                at,
                given=column.type,
                expected="a key of text, whole or decimal numbers, dates or timestamps",
            )
    return path


def _table(document: Document, server: Server, columns: tuple[Column, ...]) -> SnowflakeTable:
    at = at_target(document, Target.SNOWFLAKE)
    if not server.database or not server.schema_:
        raise document.error(
            "a table is published to a schema of Snowflake",
            at,
            given=f"database: {server.database}, schema: {server.schema_}",
            expected="database: <database>, schema: <schema>",
        )
    for column in columns:
        if snowflake_type(column.type) is None:
            raise document.error(
                f"column {column.name} has a type that is not published to Snowflake",
                at,
                given=column.type,
                expected="numbers, text, binary, booleans, dates and timestamps",
                mend="publish a table without it, made of this one",
            )
    name = document.schema.physicalName or document.schema.name
    return SnowflakeTable(server.server, server.database, server.schema_, name)


def _refuse_parts(document: Document, at: YamlPath, columns: tuple[Column, ...], readers: Iterable[Reader]) -> None:
    hidden = [c.name for c in columns if c.is_closed]
    filtered = [r.role for r in readers if r.row_filter]
    if hidden or filtered:
        raise document.error(
            "a table that is served is for its readers as a whole",
            at,
            given=f"column {hidden[0]} is classified" if hidden else f"{filtered[0]} sees some of the rows only",
            expected="no column that is confidential or restricted, and no row filter",
            mend="serve a table without them, made of this one",
        )
