"""Compiles a contract's `properties` into the table's columns and key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.contracts.column import CUSTOM_PROPERTIES, REFERS_TO, RENAMED_FROM, Column, Parent
from shared.contracts.document import TABLE
from shared.contracts.expression import read_expression
from shared.contracts.moment_format import check_format
from shared.contracts.treatment_rules import read_treatment
from shared.errors import TerminalError
from shared.names import TableName

if TYPE_CHECKING:
    from shared.contracts.document import Document
    from shared.contracts.model import Kind
    from shared.contracts.odcs import Property
    from shared.yaml_lines import Path as YamlPath

PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")
# The types Athena reads from Delta, by ODCS's logical type; the array's element is one of the others.
TYPES = {
    "string": re.compile(r"string|binary"),
    "integer": re.compile(r"int|bigint|smallint"),
    "number": re.compile(r"float|double|decimal\((?P<digits>[1-9]\d?),(?P<scale>0|[1-9]\d?)\)"),
    "boolean": re.compile(r"boolean"),
    "date": re.compile(r"date"),
    "timestamp": re.compile(r"timestamp"),
    "array": re.compile(r"array<(string|int|bigint|date|timestamp)>"),
}
TYPE_EXAMPLES = {
    "string": "string or binary",
    "integer": "int, bigint or smallint",
    "number": "decimal(p,s) with s <= p <= 38, double or float",
    "array": "array<string>, array<int>, array<bigint>, array<date> or array<timestamp>",
}
DECIMAL_DIGITS = 38


def compile_columns(document: Document, name: TableName, kind: Kind) -> tuple[Column, ...]:
    """Compile the columns in their order, including those that are dropped.

    Raises:
        ContractError: a name, type, format, transformLogic, relationship, classification or treatment is not possible,
            or a column is declared twice.
    """
    columns: dict[str, Column] = {}
    for i, prop in enumerate(document.schema.properties):
        at = (*TABLE, "properties", i)
        column = _column(document, at, prop, name, kind)
        if column.name in columns:
            raise document.error(f"column {column.name} is declared twice", (*at, "name"))
        columns[column.name] = column
    return tuple(columns.values())


def primary_key(document: Document) -> tuple[str, ...]:
    """The key's columns by their position.

    Raises:
        ContractError: there is none, or two take the same position.
    """
    keys = sorted((p.primaryKeyPosition, p.name) for p in document.schema.properties if p.primaryKey)
    if not keys:
        raise document.error("the table has no key", TABLE, expected="primaryKey: true on at least one property")
    if len({position for position, _ in keys}) < len(keys):
        given = ", ".join(f"{name}: {position}" for position, name in keys)
        raise document.error("the key's columns have no order", TABLE, given=given, expected="primaryKeyPosition 1, 2…")
    return tuple(name for _, name in keys)


def _column(document: Document, at: YamlPath, prop: Property, name: TableName, kind: Kind) -> Column:
    if not PLAIN_NAME.fullmatch(prop.name):
        raise document.error(
            "a column's name cannot be used",
            (*at, "name"),
            given=prop.name,
            expected="lower case letters, digits and _, beginning with a letter",
        )
    _check_type(document, at, prop)
    check_format(document, at, prop)
    logic = prop.transformLogic
    if logic is not None:
        logic = read_expression(logic, document.place((*at, "transformLogic")))
    return Column(
        name=prop.name,
        type=prop.physicalType,
        description=prop.description,
        required=prop.required or prop.primaryKey,
        classification=prop.classification,
        treatment=read_treatment(document, at, prop, kind),
        logic=logic,
        format=prop.logicalTypeOptions.format,
        parent=_parent(document, at, prop, name),
        renamed_from=_renamed_from(document, at, prop),
        refers_to=_refers_to(document, at, prop),
    )


def _renamed_from(document: Document, at: YamlPath, prop: Property) -> str | None:
    place = (*at, "customProperties")
    given = document.customs(prop.customProperties, CUSTOM_PROPERTIES, place).get(RENAMED_FROM)
    if given is not None and given in [p.name for p in document.schema.properties]:
        raise document.error(
            f"column {prop.name} is renamed from a column that is there",
            place,
            given=str(given),
            expected="the name the column had before",
        )
    return None if given is None else str(given)


def _refers_to(document: Document, at: YamlPath, prop: Property) -> tuple[Parent, ...]:
    place = (*at, "customProperties")
    given = document.customs(prop.customProperties, CUSTOM_PROPERTIES, place).get(REFERS_TO, [])
    found = []
    for text in map(str, given if isinstance(given, list) else [given]):
        table, _, column = text.rpartition(".")
        try:
            found.append(Parent(table=TableName.parse(table), column=column))
        except TerminalError as error:
            raise document.error(
                f"column {prop.name} refers to what is no column",
                place,
                given=text,
                expected="<layer>.<table>.<column>",
            ) from error
    return tuple(found)


def _check_type(document: Document, at: YamlPath, prop: Property) -> None:
    pattern = TYPES.get(prop.logicalType)
    match = pattern.fullmatch(prop.physicalType) if pattern else None
    digits = match.groupdict().get("digits") if match else None
    too_long = match and digits and not int(match["scale"]) <= int(digits) <= DECIMAL_DIGITS
    if pattern is None or match is None or too_long:
        expected = TYPE_EXAMPLES.get(prop.logicalType, prop.logicalType) if pattern else ", ".join(TYPES)
        raise document.error(
            f"column {prop.name} has a type that cannot be",
            (*at, "physicalType"),
            given=f"{prop.physicalType} as {prop.logicalType}",
            expected=expected,
        )


def _parent(document: Document, at: YamlPath, prop: Property, name: TableName) -> Parent | None:
    for relationship in prop.relationships:
        table, _, column = relationship.to.rpartition(".")
        try:
            parent = TableName.parse(table if "." in table else f"{name.layer}.{table}")
        except TerminalError as error:
            raise document.error(
                "a relationship points to no table",
                (*at, "relationships", 0, "to"),
                given=relationship.to,
                expected="<table>.<column> or <layer>.<table>.<column>",
            ) from error
        return Parent(table=parent, column=column)
    return None
