"""Queries Athena as each role of the contracts: it must see what it may see, and nothing else."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from scripts.operating.lent_role import as_role
from shared.errors import TerminalError
from shared.governance.environments import access_of, iam_role_of
from shared.names import Names
from shared.smoke import Point, PointStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.config import Environment
    from shared.contracts import Catalog
    from shared.governance.access import LakeAccess, TableAccess

    # Returns the first value of a query's result, as a role of the contracts.
    Ask = Callable[[str, str], str | None]

POLL_SECONDS = 1
ENDED_BADLY = ("FAILED", "CANCELLED")
# For Athena, a column that Lake Formation hides does not exist.
REFUSALS = ("cannot be resolved", "COLUMN_NOT_FOUND", "nsufficient", "denied", "not authorized")


class QueryFailedError(TerminalError):
    """Athena did not answer a query."""


class Athena:
    """Runs queries as any role of the contracts that the caller may assume, in that role's workgroup."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def ask(self, role: str, sql: str) -> str | None:
        """Run a query as a role and return the first value of its result; None if it has no rows.

        Raises:
            QueryFailedError: Athena refused the query, or it failed.
        """
        athena = as_role(iam_role_of(self._environment, role)).client("athena")
        workgroup = Names(self._environment).workgroup(role)
        query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
        while (state := self._status(athena, query))["State"] not in ("SUCCEEDED", *ENDED_BADLY):
            time.sleep(POLL_SECONDS)
        if state["State"] in ENDED_BADLY:
            raise QueryFailedError(f"Athena as {role}: {sql}", given=str(state.get("StateChangeReason", "")))
        # The first row of a result has the column names.
        _, *rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        return rows[0]["Data"][0].get("VarCharValue") if rows else None

    @staticmethod
    def _status(athena: Any, query: str) -> dict[str, str]:  # noqa: ANN401 - its stubs are not installed
        status: dict[str, str] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        return status


def readers(environment: Environment, catalog: Catalog, ask: Ask) -> Iterator[Point]:
    """Yield per role: a table that it reads, a column of such a table that is closed to it, and its row filters."""
    access = access_of(environment, catalog)
    for role in access.clearances:
        readable = [table for table in access.tables if role in table.readers]
        asked = partial(ask, role)
        if readable:
            yield _sees(access, readable[0], role, asked)
        for table in readable:
            if closed := _closed(access, table, role):
                yield _is_refused(table, role, closed, asked)
                break
        for table in access.tables:
            for rows in (found.rows for found in table.filters if found.role == role):
                yield _is_filtered(table, role, rows, asked)


def _sees(access: LakeAccess, table: TableAccess, role: str, ask: Callable[[str], str | None]) -> Point:
    seen = next(name for name, wanted in table.columns.items() if access.clearances[role].covers(wanted))
    name = f"{role} reads {table.database}.{table.table}"
    try:
        found = ask(f'SELECT count("{seen}") FROM {_place(table)}')
    except QueryFailedError as error:
        mend = f"run a batch that makes the table; ./lake drift; may you take the role of {role}?"
        return Point(point=name, status=PointStatus.FAILED, found=str(error), mend=mend)
    return Point(point=name, status=PointStatus.OK, found=f"{found} values of {seen}")


def _is_refused(table: TableAccess, role: str, column: str, ask: Callable[[str], str | None]) -> Point:
    name = f"{column} of {table.database}.{table.table} is closed to {role}"
    try:
        ask(f'SELECT count("{column}") FROM {_place(table)}')
    except QueryFailedError as error:
        refused = any(word in error.given for word in REFUSALS)
        status = PointStatus.OK if refused else PointStatus.FAILED
        return Point(point=name, status=status, found=error.given, mend="" if refused else "read the reason")
    return Point(point=name, status=PointStatus.FAILED, found="Athena answered", mend="./lake access, ./lake drift")


def _is_filtered(table: TableAccess, role: str, rows: str, ask: Callable[[str], str | None]) -> Point:
    name = f"{role} sees of {table.database}.{table.table} only {rows}"
    try:
        found = ask(f"SELECT count(*) FROM {_place(table)} WHERE NOT coalesce({rows}, false)")
    except QueryFailedError as error:
        mend = "run a batch that makes the table; where Athena refuses the filter, give the role a view instead"
        return Point(point=name, status=PointStatus.FAILED, found=error.given, mend=mend)
    status = PointStatus.OK if found == "0" else PointStatus.FAILED
    mend = "" if found == "0" else "give the role a view instead, and take it off the contract"
    return Point(point=name, status=status, found=f"{found} other rows", mend=mend)


def _closed(access: LakeAccess, table: TableAccess, role: str) -> str | None:
    return next((name for name, wanted in table.columns.items() if not access.clearances[role].covers(wanted)), None)


def _place(table: TableAccess) -> str:
    return f'"{table.database}"."{table.table}"'
