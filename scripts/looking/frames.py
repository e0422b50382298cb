"""Query results as pandas frames, for notebooks: from a lake by DuckDB, or from an environment's Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import open_lake
from scripts.looking.query import select
from shared.config import load_environment
from shared.governance.environments import governance_of, iam_role_of
from shared.names import Layer, Names

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.config import Environment

# A query is written once, in Athena's SQL, and translated where DuckDB runs it.
ATHENA, DUCKDB = "athena", "duckdb"


def query_function(root: str = ".lake", env: str | None = None) -> Callable[[str], pd.DataFrame]:
    """Return a function that runs one SELECT of Athena's SQL over `<layer>.<table>`.

    Args:
        root: The place of a lake, which DuckDB queries.
        env: The name of an environment. If given, its Athena is queried instead, with the caller's AWS credentials.

    Raises:
        WrongRequestError: there is no lake at that place. The returned function raises it if the query cannot be run,
            or if the caller has no role that reads the environment's lake.
        UnknownNameError: there is no such environment.
    """
    if env:
        environment = load_environment(env)
        return lambda sql: _of_athena(sql, environment)
    lake = open_lake(root)
    return lambda sql: pd.DataFrame((answer := select(lake, _read(sql).sql(DUCKDB))).rows, columns=answer.columns)


def _of_athena(sql: str, environment: Environment) -> pd.DataFrame:
    # It takes a second to load, and a local lake does not need it.
    import awswrangler

    query, names = _read(sql), Names(environment)
    for table in query.find_all(exp.Table):
        if table.db in set(Layer):
            table.set("db", exp.to_identifier(names.glue_database(table.db)))
    frame: pd.DataFrame = awswrangler.athena.read_sql_query(
        query.sql(ATHENA),
        database=names.glue_database(Layer.GOLD),
        workgroup=names.workgroup(_role(environment)),
        # The CTAS approach creates a table for the result, which a reader has no right to.
        ctas_approach=False,
    )
    return frame


def _role(environment: Environment) -> str:
    """The role of the contracts that the caller has assumed: each has its own workgroup."""
    import boto3

    caller: str = boto3.client("sts").get_caller_identity()["Arn"]
    # A session's ARN has the role's name without its path, followed by the session's name.
    assumed = caller.split("/")[1] if ":assumed-role/" in caller else caller.rpartition("/")[2]
    roles = {role: iam_role_of(environment, role) for role in governance_of(environment).roles}
    for role, iam_role in roles.items():
        if assumed == iam_role.rpartition("/")[2]:
            return role
    raise WrongRequestError(
        f"{assumed} is no role that reads the lake of {environment.name}",
        given=caller,
        expected="a session of one of " + ", ".join(roles.values()),
        mend="take such a role first, as a profile of the AWS CLI with role_arn does",
    )


def _read(sql: str) -> exp.Query:
    try:
        query = sqlglot.parse_one(sql, dialect=ATHENA)
    except SqlglotError as error:
        raise _unread(str(error).splitlines()[0]) from error
    if not isinstance(query, exp.Query):
        raise _unread("another statement")
    return query


def _unread(given: str) -> WrongRequestError:
    return WrongRequestError("the query cannot be read", given=given, expected="one SELECT in Athena's SQL")
