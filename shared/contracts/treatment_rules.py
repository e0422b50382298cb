"""Checks that no personal value leaves the place of personal data untreated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify

from shared.contracts.column import CUSTOM_PROPERTIES, TREATMENT
from shared.contracts.document import TABLE, read_document, short_name
from shared.contracts.model import Kind
from shared.contracts.query import BATCH, BUSINESS_DATE
from shared.contracts.sql import DIALECT, hidden_stars, line_of, stands_for_columns
from shared.contracts.treatment import Treatment
from shared.errors import ContractError
from shared.personal_data import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.model import Query, Table
    from shared.contracts.odcs import Property
    from shared.contracts.program import Program
    from shared.yaml_lines import Path as YamlPath

SEQUENCE_BY = "sequenceBy"
CHOICES = ", ".join(Treatment)


def read_treatment(document: Document, at: YamlPath, prop: Property, kind: Kind) -> Treatment | None:
    """The treatment of one column.

    Raises:
        ContractError: a confidential or restricted column of a refined table has none; a treatment is unknown, does not
            fit the column's type or has no effect; or a custom property is unknown.
    """
    customs = document.customs(prop.customProperties, CUSTOM_PROPERTIES, (*at, "customProperties"))
    is_closed = prop.classification in CLOSED
    given = customs.get(TREATMENT)
    if kind is not Kind.REFINED or given is None:
        if given is not None:
            raise document.error(
                f"column {prop.name} has a treatment, which does nothing on a table that is {kind}",
                (*at, "customProperties"),
                mend="write it on the silver table that refines the rows",
            )
        if is_closed and kind is Kind.REFINED:
            raise document.error(
                f"column {prop.name} is {prop.classification}, and no treatment says how it may leave bronze",
                (*at, "classification"),
                expected=f"the custom property {TREATMENT}: one of {CHOICES}",
            )
        return None
    if given not in list(Treatment):
        at_given = (*at, "customProperties")
        raise document.error(
            f"unknown treatment of column {prop.name}", at_given, given=str(given), expected=f"one of {CHOICES}"
        )
    return _checked(document, at, prop, Treatment(given))


def _checked(document: Document, at: YamlPath, prop: Property, treatment: Treatment) -> Treatment:
    if prop.classification not in CLOSED:
        raise document.error(
            f"column {prop.name} is treated and not classified",
            (*at, "customProperties"),
            given=str(prop.classification),
            expected="classification: " + " or ".join(CLOSED),
        )
    if treatment.stored_type not in (None, prop.physicalType):
        raise document.error(
            f"column {prop.name} has a type that its treatment does not give",
            (*at, "physicalType"),
            given=f"{prop.physicalType} for {treatment}",
            expected=str(treatment.stored_type),
        )
    if prop.primaryKey and not treatment.is_joinable:
        joinable = ", ".join(t for t in Treatment if t.is_joinable)
        raise document.error(
            f"column {prop.name} is a key, and {treatment} makes different values equal",
            (*at, "customProperties"),
            expected=f"one of {joinable}",
        )
    return treatment


def check_uses(document: Document, columns: tuple[Column, ...], uses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse uses of confidential and restricted columns that their treatment, or the lack of one, does not allow.

    Args:
        document: The contract.
        columns: The table's columns.
        uses: The columns that `sequenceBy`, `clusterBy` and `cursor` name.

    Raises:
        ContractError: such a column orders the versions of a row, or the table's log would hold its values in clear.
    """
    closed = {c.name: c for c in columns if c.is_closed}
    for use, names in uses.items():
        for name in set(names) & set(closed):
            treatment = closed[name].treatment
            if treatment is None or use == SEQUENCE_BY:
                raise document.error(
                    f"{use} names {name}, which is {closed[name].classification}",
                    document.at_custom(use),
                    given=f"{TREATMENT}: {treatment}" if treatment else "a value in clear, which the log would tell",
                    mend="name another column",
                )


def check_flow_of_personal_data(table: Table, tables: Mapping[str, Table]) -> None:
    """Check that what a table takes from classified columns is treated here, or was treated before.

    Raises:
        ContractError: a column is made of a classified one and has no treatment, or a built table's query names a
            column that is still in clear.
    """
    if table.kind is Kind.REFINED:
        _check_refined(table, tables[str(table.inputs[0])])
    elif table.kind is Kind.BUILT and table.query:
        _check_built(table, table.query, tables)
    elif table.program:
        _check_program(table, table.program, tables)


def _check_program(table: Table, program: Program, tables: Mapping[str, Table]) -> None:
    """Refuse personal columns in clear as inputs of Python, since it is unknown what becomes of them there."""
    for name in map(str, table.inputs):
        if closed := tables[name].closed_columns:
            raise ContractError(
                f"{short_name(program.file)}:1: Python reads personal data that is still in clear",
                given=f"{name}.{closed[0]}",
                expected="a silver table that refines the column with a treatment",
            )


def _check_refined(table: Table, source: Table) -> None:
    closed = set(source.closed_columns)
    if not closed:
        return
    for column in (*table.columns, *table.dropped):
        logic = sqlglot.parse_one(f"SELECT {column.logic or f'`{column.name}`'}", dialect=DIALECT)
        named = {c.name.lower() for c in logic.find_all(exp.Column)}
        if any(hidden_stars(logic)):
            named = {c.name for c in source.all_columns} if table.query is None else set(table.query.columns)
        made_of = named if table.query is None else set().union(*(_sources(table, source, n) for n in named))
        if column.treatment is None and closed & made_of:
            document = read_document(table.file)
            i = [p.name for p in document.schema.properties].index(column.name)
            raise document.error(
                f"column {column.name} is made of personal data and has no treatment",
                (*TABLE, "properties", i, "transformLogic"),
                given=", ".join(f"{source.name}.{name}" for name in sorted(closed & made_of)),
                expected=f"a classification and the custom property {TREATMENT}: one of {CHOICES}",
            )


def _sources(table: Table, source: Table, name: str) -> set[str]:
    """The batch's columns that a column of a row-local query is made of; all of them if that is unknown."""
    everything = {c.name for c in source.all_columns}
    if table.query is None:
        return everything
    schema = {BATCH: {c.name: c.type for c in source.all_columns}, BUSINESS_DATE: {BUSINESS_DATE: "date"}}
    tree = sqlglot.parse_one(table.query.sql, dialect=DIALECT)
    if any(hidden_stars(tree)) or tree.find(exp.Pivot):
        return everything
    try:
        found = lineage(name, table.query.sql, schema=schema, dialect=DIALECT)
    except (SqlglotError, ValueError, IndexError, KeyError):
        return everything
    leaves = [node for node in found.walk() if not node.downstream]
    named = {c.name.lower() for leaf in leaves for c in leaf.expression.find_all(exp.Column)}
    # Any other leaf is a value of the query's own, such as a literal.
    named |= {_last_name(n.name) for n in leaves if isinstance(n.expression, exp.Table | exp.Placeholder)}
    # An unknown name may be of what a function such as explode makes, from any column.
    return named if named <= everything | {BUSINESS_DATE} else everything


def _last_name(dotted: str) -> str:
    return dotted.rpartition(".")[2].strip('`"').lower()


def _check_built(table: Table, query: Query, tables: Mapping[str, Table]) -> None:
    inputs = [tables[str(name)] for name in query.inputs]
    closed = {str(t.name): set(t.closed_columns) for t in inputs if t.closed_columns}
    if not closed:
        return
    layers: dict[str, dict[str, dict[str, str]]] = {}
    for known in inputs:
        columns = {c.name: c.type for c in known.all_columns}
        layers.setdefault(str(known.name.layer), {})[known.name.table] = columns
    schema: dict[str, object] = {**layers}
    tree = sqlglot.parse_one(query.sql, dialect=DIALECT)
    unsure: set[str] = set()
    try:
        tree = qualify(tree, schema=schema, dialect=DIALECT)
    except OptimizeError:
        # Ambiguous columns are judged by name: if a column in clear has that name, it counts.
        unsure = set().union(*closed.values())
    # One alias may stand for different tables in different places: any of them counts.
    homes: dict[str, set[str]] = {}
    for t in tree.find_all(exp.Table):
        homes.setdefault(t.alias_or_name.lower(), set()).add(f"{t.db}.{t.name}")
    for column in tree.find_all(exp.Column):
        at, name = homes.get(column.table.lower(), set()), column.name.lower()
        home = next((place for place in sorted(at) if name in closed.get(place, set())), "")
        if home or name in unsure:
            raise _in_clear(table, column, f"{home}.{name}" if home else name)
    # Stars that are left stand for every column, and so do the columns that a PIVOT does not name.
    for node in tree.find_all(exp.Star, exp.Pivot):
        if stands_for_columns(node):
            raise _in_clear(table, node, f"{next(iter(closed))}.*")


def _in_clear(table: Table, node: exp.Expr, given: str) -> ContractError:
    file = table.file.with_name(f"{table.name.table}.sql")
    return ContractError(
        f"{short_name(file)}:{line_of(node)}: the query reads personal data that is still in clear",
        given=given,
        expected="a silver table that refines the column with a treatment",
    )
