"""Runs the SELECT or the Python of a built table over fixed versions of its inputs."""

from __future__ import annotations

from runpy import run_path
from typing import TYPE_CHECKING

import sqlglot
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from sqlglot import TokenType

from jobs.runtime.position import NOWHERE
from jobs.runtime.tables import read_version, spark_schema
from jobs.runtime.versions import history_of
from shared.contracts.program import BUILD
from shared.contracts.query import BUSINESS_DATE
from shared.contracts.refresh import short_names, view_of
from shared.contracts.sql import DIALECT
from shared.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column

    from jobs.runtime.flow import Flow
    from shared.contracts import Table
    from shared.contracts.model import Query
    from shared.names import TableName


def result(flow: Flow, versions: Mapping[str, int], only: Mapping[str, Column] | None = None) -> DataFrame:
    """The rows that a built table's query gives, in the contract's columns; for a history, the versions made from them.

    Args:
        flow: The table's flow.
        versions: The version of each input, by full name.
        only: By input, the condition that selects the rows to read; all rows without one.

    Raises:
        ContractError: the result's columns or types are not the contract's, or the Python did not return a DataFrame.
    """
    input_views(flow, versions, only)
    rows = _of_query(flow, flow.table.query) if flow.table.query else _of_program(flow)
    if flow.table.history:
        rows = history_of(rows, flow.table)
    _check_columns(rows, flow.table)
    return rows.select(*flow.table.versions.column_names)


def _of_query(flow: Flow, query: Query) -> DataFrame:
    return flow.session.sql(over_views(query.sql, query.inputs))


def _of_program(flow: Flow) -> DataFrame:
    program = flow.table.program
    if program is None:
        raise ContractError(f"{flow.table.name} has neither a query nor a program")
    inputs = {str(name): flow.session.table(view_of(name)) for name in flow.table.inputs}
    # It is not imported: the folder of contracts is no package, and no bytecode may be written there.
    rows = run_path(str(program.file))[BUILD](inputs)
    if not isinstance(rows, DataFrame):
        raise ContractError(
            f"{program.file.name}: {BUILD} gave no rows", given=type(rows).__name__, expected="a DataFrame"
        )
    return rows


def input_views(flow: Flow, versions: Mapping[str, int], only: Mapping[str, Column] | None = None) -> None:
    """Create the views that a query reads: each input as of its version, and the one-row table `business_date`.

    An input that does not exist yet, which only flows by priority allow, has no rows.
    """
    for name in flow.table.inputs:
        table, version = flow.catalog.table(str(name)), versions[str(name)]
        if version == NOWHERE:
            rows = flow.session.createDataFrame([], spark_schema(table))
        else:
            rows = read_version(flow.session, flow.location_of(table), version)
        condition = (only or {}).get(str(name))
        (rows if condition is None else rows.where(condition)).createOrReplaceTempView(view_of(name))
    today = [(flow.job.business_date,)]
    flow.session.createDataFrame(today, f"{BUSINESS_DATE} date").createOrReplaceTempView(BUSINESS_DATE)


def over_views(sql: str, inputs: Iterable[TableName]) -> str:
    """The query with each `layer.table` replaced by its view: Spark has no database for tables read by location.

    So is its short name before a column, `table.column`, which would not be a name of the view.
    """
    views = {(str(name.layer), name.table): view_of(name) for name in inputs}
    short = {name.meta["start"]: view for name, view in short_names(sqlglot.parse_one(sql, dialect=DIALECT))}
    tokens = sqlglot.tokenize(sql, dialect=DIALECT)
    pieces, end = [], 0
    for first, dot, second in zip(tokens, tokens[1:], tokens[2:], strict=False):
        full = views.get((first.text, second.text)) if dot.token_type is TokenType.DOT else None
        if view := full or short.get(first.start):
            pieces += [sql[end : first.start], view]
            end = (second if full else first).end + 1
    return "".join([*pieces, sql[end:]])


def _check_columns(rows: DataFrame, table: Table) -> None:
    given = {f.name: f.dataType.simpleString() for f in rows.schema.fields}
    wanted = {f.name: f.dataType.simpleString() for f in spark_schema(table).fields if isinstance(f, T.StructField)}
    made_by = "query" if table.query else "program"
    if given != wanted:
        wrong = sorted(n for n in given | wanted if given.get(n) != wanted.get(n))
        raise ContractError(
            f"{table.file.name}: the {made_by}'s columns are not the contract's",
            given=", ".join(f"{n} {given[n]}" for n in wrong if n in given) or "nothing",
            expected=", ".join(f"{n} {wanted[n]}" for n in wrong if n in wanted) or "nothing",
            mend=f"CAST in the {made_by}, or change the contract",
        )
