"""Checks a table against its inputs, its parents, and the columns it takes from them."""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING

from shared.contracts.document import TABLE, read_document, short_name
from shared.contracts.expression import refuse_unrepeatable, unknown_columns
from shared.contracts.flows import PRIORITY, check_flows
from shared.contracts.model import Disposition, Kind
from shared.contracts.parents import check_parent, check_reference
from shared.contracts.query import BUSINESS_DATE, input_line, unknown_names
from shared.contracts.refresh.rule import computed_keys
from shared.contracts.retention import EXPIRES, SNAPSHOTS
from shared.contracts.sql import parse_repeatable
from shared.contracts.treatment_rules import check_flow_of_personal_data
from shared.errors import ContractError
from shared.moments import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.contracts.model import Query, Table
    from shared.names import TableName
    from shared.yaml_lines import Path as YamlPath


def check_neighbours(table: Table, tables: Mapping[str, Table]) -> None:
    """Check one table against the others.

    Raises:
        ContractError: an input or a parent is unknown, or does not fit.
    """
    for name in table.inputs:
        _check_input(table, name, tables)
    for column in table.foreign_keys:
        if column.parent:
            check_parent(column, column.parent, tables, partial(_place, table, column.name, "relationships"))
    for column in table.columns:
        for other in column.refers_to:
            check_reference(column, other, tables, partial(_place, table, column.name, "customProperties"))
    if table.kind is Kind.REFINED:
        _check_refined(table, tables[str(table.inputs[0])])
    elif table.query:
        _check_queried(table, table.query, tables)
    if table.history:
        _check_history(table, tables)
    check_flow_of_personal_data(table, tables)


def dependency_place(table: Table, name: TableName) -> str:
    """`file:line` where a table names another one it depends on."""
    if name in table.flows:
        document = read_document(table.file)
        return document.place(document.at_custom(PRIORITY))
    if table.query and name in table.query.inputs:
        file = table.file.with_name(f"{table.name.table}.sql")
        return f"{short_name(file)}:{input_line(table.query, name)}"
    for column in table.foreign_keys:
        if column.parent and column.parent.table == name:
            return _place(table, column.name, "relationships")
    for prop in read_document(table.file).schema.properties:
        if str(name) in prop.transformSourceObjects:
            return _place(table, prop.name, "transformSourceObjects")
    return _place(table)


def _place(table: Table, column: str | None = None, key: str = "") -> str:
    document = read_document(table.file)
    names = [prop.name for prop in document.schema.properties]
    at: YamlPath = TABLE if column is None else (*TABLE, "properties", names.index(column), key)
    return document.place(at)


def _check_input(table: Table, name: TableName, tables: Mapping[str, Table]) -> None:
    """Refuse an unknown input, and for a built table a landed one that deletes snapshots: it is made of all of them."""
    source = tables.get(str(name))
    if source is None:
        raise ContractError(
            f"{dependency_place(table, name)}: unknown input table",
            given=str(name),
            expected=", ".join(sorted(tables)),
        )
    if table.kind is Kind.BUILT and source.kind is Kind.INGESTED and source.retention:
        raise ContractError(
            f"{dependency_place(table, name)}: the table is made of snapshots that are deleted by age",
            given=f"{name}, which keeps older ones {source.retention}",
            expected="an input that keeps all its snapshots, or a table refined from it",
            mend=f"take {SNAPSHOTS} from {name}",
        )


def _check_refined(table: Table, source: Table) -> None:
    if source.kind is not Kind.INGESTED:
        raise ContractError(
            f"{dependency_place(table, source.name)}: a row-for-row image needs a bronze input",
            given=str(source.name),
            mend="write a .sql file over tables",
        )
    if (table.disposition is Disposition.SNAPSHOT) != (source.disposition is Disposition.SNAPSHOT):
        raise ContractError(
            f"{_place(table)}: writeDisposition does not fit its input",
            given=f"{table.disposition} over {source.disposition}",
            expected="snapshot over snapshot, or merge over append",
        )
    if table.disposition is Disposition.MERGE and not table.sequence_by:
        raise ContractError(
            f"{_place(table)}: a merged table needs sequenceBy", expected="the columns that order versions"
        )
    known = table.query.columns if table.query else tuple(c.name for c in source.all_columns)
    moments = [] if table.query else [c.name for c in source.all_columns if c.type in MOMENTS]
    for column in (*table.columns, *table.dropped):
        refuse_unrepeatable(column.logic or "1", moments, _place(table, column.name, "transformLogic"))
        unknown = unknown_columns(column.logic or f"`{column.name}`", known) if known else []
        if unknown:
            place = _place(table, column.name, "transformLogic")
            raise ContractError(
                f"{place}: column {column.name} is made of what its input does not have",
                given=", ".join(unknown),
                expected=", ".join(known),
            )
    _check_deletes(table, known)


def _check_history(table: Table, tables: Mapping[str, Table]) -> None:
    """Refuse a history over rows that are deleted by age: it would take them for rows that the source deleted."""
    reached, waiting = set[str](), [str(name) for name in table.inputs]
    while waiting:
        if (name := waiting.pop()) not in tables or name in reached:
            continue
        reached.add(name)
        # Of a landed table only older snapshots go, and nobody may read those.
        if tables[name].retention and tables[name].kind is not Kind.INGESTED:
            document = read_document(table.file)
            raise document.error(
                "a history is made of rows that are deleted by age",
                document.at_custom("storedAsScdType"),
                given=f"{name}, kept {tables[name].retention}",
                expected="inputs that only their source deletes from",
                mend=f"take {EXPIRES} from {name}; eventRetention says how long this table keeps events",
            )
        waiting += [str(n) for n in tables[name].inputs]


def _check_queried(table: Table, query: Query, tables: Mapping[str, Table]) -> None:
    if table.flows:
        check_flows(read_document(table.file), table, tables)
    _check_names(table, query, tables)
    if query.columns:
        _check_result(table, query)
        _check_deletes(table, query.columns)
    _check_refresh_by(table, tables)


def _check_deletes(table: Table, known: tuple[str, ...]) -> None:
    """Check that the predicate for deletes uses known columns; those of a query that selects all are unknown."""
    unknown = unknown_columns(table.apply_as_deletes, known) if table.apply_as_deletes and known else []
    if unknown:
        document = read_document(table.file)
        raise ContractError(
            f"{document.place(document.at_custom('applyAsDeletes'))}: applyAsDeletes asks for what its input lacks",
            given=", ".join(unknown),
            expected=", ".join(known),
        )


def _check_names(table: Table, query: Query, tables: Mapping[str, Table]) -> None:
    """Check that every column in a built table's query is one of its inputs, or defined in the query."""
    columns = [c for name in query.inputs for c in tables[str(name)].all_columns]
    known, others = {c.name for c in columns}, {c.name for c in columns if c.type not in MOMENTS}
    file = table.file.with_name(f"{table.name.table}.sql")
    parse_repeatable(query.sql, lambda line: f"{short_name(file)}:{line}", known - others | {BUSINESS_DATE})
    if unknown := unknown_names(query, known):
        name, line = unknown[0]
        near = difflib.get_close_matches(name, known, n=1)
        raise ContractError(
            f"{short_name(file)}:{line}: the query names a column that none of its inputs has",
            given=name,
            expected=f"a column of {', '.join(map(str, query.inputs))}",
            mend=f"write {near[0]}" if near else "",
        )


def _check_refresh_by(table: Table, tables: Mapping[str, Table]) -> None:
    """Check that every column of `refreshBy` comes from single rows, and so says which rows belong together."""
    if computed := computed_keys(table, tables):
        document = read_document(table.file)
        raise document.error(
            "refreshBy does not tell which rows belong together",
            document.at_custom("refreshBy"),
            given=f"{', '.join(computed)}, which the query works out from many rows",
            expected="columns that each come from single rows of the inputs",
            mend="name columns of GROUP BY or PARTITION BY, or leave refreshBy out: the table is rebuilt then",
        )


def _check_result(table: Table, query: Query) -> None:
    """Check that a built table's query gives exactly the columns of the contract."""
    # The events of a history may have columns besides the contract's, which mark deletes.
    beside = set(query.columns) - set(table.column_names) if table.history and table.apply_as_deletes else set()
    wrong = sorted((set(query.columns) ^ set(table.column_names)) - beside)
    if wrong or len(query.columns) != len(table.columns) + len(beside):
        file = table.file.with_name(f"{table.name.table}.sql")
        raise ContractError(
            f"{short_name(file)}:1: the query's columns are not the contract's",
            given=", ".join(query.columns),
            expected=", ".join(table.column_names),
            mend=f"add or remove {', '.join(wrong)}" if wrong else "give each column once",
        )
