"""Several flows into one table (`priority`): each key has the row of the first flow that has the key.

Each flow is a table of its own, with its own transforms, deletes and position. The table is a built table over
them, and its query is generated here, so that it is refreshed, planned, traced and erased like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.document import TABLE, short_name
from shared.contracts.model import Kind
from shared.contracts.query import read_query
from shared.errors import TerminalError
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.contracts.column import Column
    from shared.contracts.document import Document
    from shared.contracts.model import Query, Table

PRIORITY = "priority"
# The column that says which flow a row was taken from. Those below begin with `_`, as no column of a contract does.
FLOW = "flow"
FLOWS = """\
SELECT {columns}
FROM (
  SELECT {columns}, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY _priority) AS _place
  FROM (
{arms}
  )
)
WHERE _place = 1
"""
ARM = """\
    SELECT {columns}, {place} AS _priority
    FROM   {flow}"""
FEWEST = 2


def compile_flows(document: Document, key: Sequence[str]) -> tuple[tuple[TableName, ...], Query | None]:
    """The flows that `priority` names, the winning one first, and the query over them; none without `priority`.

    Raises:
        ContractError: it is no list of tables, or the contract has no column that says which flow a row is from.
    """
    given = next((c.value for c in document.schema.customProperties if c.property == PRIORITY), None)
    if given is None:
        return (), None
    flows = _flows(document, given)
    of_flow = next((p for p in document.schema.properties if p.name == FLOW), None)
    if of_flow is None or of_flow.physicalType != "string" or not of_flow.required:
        raise document.error(
            "a table of several flows does not say which of them a row is from",
            document.at_custom(PRIORITY),
            expected=f"a column {FLOW}, string and required",
        )
    return flows, read_query(_sql([p.name for p in document.schema.properties], key, flows), short_name(document.path))


def check_flows(document: Document, table: Table, tables: Mapping[str, Table]) -> None:
    """Check that every flow of a table has one row per key, and the table's columns with the same types.

    Raises:
        ContractError: a flow has other keys, lacks a column, or has it with another type or treatment.
    """
    for flow in (tables[str(name)] for name in table.flows):
        if flow.kind is Kind.INGESTED or flow.history or flow.primary_key != table.primary_key:
            raise document.error(
                "a flow does not have one row per key of the table",
                document.at_custom(PRIORITY),
                given=f"{flow.name}, by {', '.join(flow.primary_key)}",
                expected=f"a silver or gold table by {', '.join(table.primary_key)}, and no history",
            )
        known = {c.name: _facts(c) for c in flow.columns}
        for i, column in enumerate(document.schema.properties):
            wanted = next((_facts(c) for c in table.columns if c.name == column.name), None)
            if column.name != FLOW and known.get(column.name) != wanted:
                raise document.error(
                    f"column {column.name} is not the same in every flow",
                    (*TABLE, "properties", i),
                    given=f"{flow.name}: {known.get(column.name, 'no such column')}",
                    expected=str(wanted),
                    mend=f"give {flow.name} the column, or leave it out here",
                )


def _flows(document: Document, given: object) -> tuple[TableName, ...]:
    names = given if isinstance(given, list) else [given]
    try:
        flows = tuple(TableName.parse(str(name)) for name in names)
    except TerminalError:
        flows = ()
    if len(set(flows)) < max(FEWEST, len(names)):
        raise document.error(
            "priority does not name the flows of the table",
            document.at_custom(PRIORITY),
            given=str(given),
            expected="at least two tables as <layer>.<table>, each once, the one that wins first",
        )
    return flows


def _facts(column: Column) -> str:
    return f"{column.type}, {column.treatment}" if column.treatment else column.type


def _sql(columns: Sequence[str], key: Sequence[str], flows: Sequence[TableName]) -> str:
    arms = [ARM.format(columns=_of_flow(columns, flow), place=i, flow=flow) for i, flow in enumerate(flows, start=1)]
    names = {"columns": ", ".join(f"`{c}`" for c in columns), "key": ", ".join(f"`{k}`" for k in key)}
    return FLOWS.format(arms="\n    UNION ALL\n".join(arms), **names)


def _of_flow(columns: Sequence[str], flow: TableName) -> str:
    return ", ".join(f"'{flow}' AS {c}" if c == FLOW else f"`{c}`" for c in columns)
