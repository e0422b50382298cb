"""A contract's columns as an Avro schema and as a JSON Schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shared.contracts import Kind
from shared.contracts.document import short_name
from shared.contracts.numbers import DECIMAL
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.contracts import Catalog, Column, Table

ARRAY = re.compile(r"array<(.+)>")
AVRO: dict[str, Any] = {
    "string": "string",
    "binary": "bytes",
    "boolean": "boolean",
    "smallint": "int",
    "int": "int",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "date": {"type": "int", "logicalType": "date"},
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
}
JSON_SCHEMA: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "boolean": {"type": "boolean"},
    "smallint": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    "int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "bigint": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def described(catalog: Catalog) -> Iterator[tuple[str, Table]]:
    """The tables that have schemas, by the schema's name.

    A source table and a served table are named as they are, any table with a `businessName` in its contract by that.

    Raises:
        ContractError: two of them have the same name.
    """
    known: dict[str, Table] = {}
    for table in catalog.tables.values():
        if not (table.business_name or table.served_at or table.kind is Kind.INGESTED):
            continue
        name = table.business_name or table.name.table
        if name in known:
            raise ContractError(
                f"{short_name(table.file)}:1: two tables have one name outside of the lake",
                given=f"{name}, of {known[name].name} and {table.name}",
                expected="a name for each",
                mend="give one of them another businessName",
            )
        known[name] = table
        yield name, table


def avro_schema(name: str, table: Table) -> dict[str, Any]:
    """The Avro schema of a table's rows.

    A column that is not required may be null and is null by default, so that it can be added and taken away.
    """
    return {
        "type": "record",
        "name": name,
        "namespace": f"lakewright.{table.name.layer}",
        "doc": f"{table.description} {table.grain} Contract {table.name} {table.version}.",
        "fields": [_field(column) for column in table.columns],
    }


def json_schema(name: str, table: Table) -> dict[str, Any]:
    """The JSON Schema of a table's rows; unknown properties are allowed, as the lake rescues them."""
    return {
        "$schema": DIALECT,
        "title": name,
        "description": f"{table.description} {table.grain} Contract {table.name} {table.version}.",
        "type": "object",
        "properties": {column.name: _property(column) for column in table.columns},
        "required": [column.name for column in table.columns if column.required],
    }


def _field(column: Column) -> dict[str, Any]:
    type_ = _avro_type(column.type)
    field = {"name": column.name, "doc": column.description}
    return field | ({"type": type_} if column.required else {"type": ["null", type_], "default": None})


def _avro_type(text: str) -> Any:  # noqa: ANN401 - a schema is any JSON
    if match := DECIMAL.fullmatch(text):
        return {"type": "bytes", "logicalType": "decimal", "precision": int(match[1]), "scale": int(match[2])}
    if match := ARRAY.fullmatch(text):
        return {"type": "array", "items": ["null", _avro_type(match[1])]}
    return AVRO[text]


def _property(column: Column) -> dict[str, Any]:
    type_ = _json_type(column.type)
    if not column.required:
        type_ = type_ | {"type": [type_["type"], "null"]}
    return type_ | {"description": column.description}


def _json_type(text: str) -> dict[str, Any]:
    if match := DECIMAL.fullmatch(text):
        whole, scale = int(match[1]) - int(match[2]), int(match[2])
        fraction = rf"(\.\d{{1,{scale}}})?" if scale else ""
        digits = rf"\d{{1,{whole}}}" if whole else "0"
        return {"type": "string", "pattern": f"^-?{digits}{fraction}$"}
    if match := ARRAY.fullmatch(text):
        items = _json_type(match[1])
        return {"type": "array", "items": items | {"type": [items["type"], "null"]}}
    return dict(JSON_SCHEMA[text])
