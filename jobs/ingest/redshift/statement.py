"""Runs one statement through the Redshift Data API to its end, with bounded waits and retries."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

from jobs.runtime.aws import aws_answers, client
from shared.errors import (
    LakewrightError,
    SchemaDriftError,
    SourceContentError,
    SourceUnavailableError,
    TerminalError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.ingest.redshift.connection import RedshiftConnection

# Beside botocore's own tries of each call.
ATTEMPTS = 3
PAUSE_SECONDS = 2.0
STATEMENT_SECONDS = 3600
FIRST_LOOK_SECONDS = 0.1
LONGEST_LOOK_SECONDS = 5.0
FINISHED = "FINISHED"
ENDED = {FINISHED, "FAILED", "ABORTED"}

# Messages about names are safe to show; others may quote rows.
OF_NAMES = re.compile(r"(relation|schema|column|database) .{1,200} does not exist|permission denied for .{1,200}")
COLUMN = "column"
OF_ROLES = re.compile(r"not authorized to assume|access ?denied|status 403|unauthorized", re.IGNORECASE)
OF_STATEMENTS = re.compile(r"syntax error|operator does not exist|unsupported|not supported", re.IGNORECASE)


def run_statement(
    connection: RedshiftConnection, database: str, sql_of: Callable[[int], str], error_context: str
) -> int:
    """Run a statement, with retries of transient failures.

    Args:
        connection: The warehouse.
        database: The database in it.
        sql_of: The statement of each attempt; no two may write to one place, as the first may still be running.
        error_context: System, place and position; errors begin with it.

    Returns:
        The number of the attempt that succeeded, from 0.

    Raises:
        SourceUnavailableError: Redshift or the Data API did not answer, or the statement failed each time.
        SchemaDriftError: a column of the statement is not there.
        SourceContentError: Redshift does not have what the statement asks for.
        TerminalError: a right is missing.
    """
    return _with_retries(connection, database, sql_of, error_context)[0]


def few_rows(connection: RedshiftConnection, database: str, sql: str, error_context: str) -> list[list[str | None]]:
    """Run a SELECT whose columns are all text, and fetch its rows; raises as `run_statement` does."""
    _, statement = _with_retries(connection, database, lambda _: sql, error_context)
    rows, api, page = list[list[str | None]](), client("redshift-data"), dict[str, str]()
    with aws_answers(error_context):
        while True:
            answer = api.get_statement_result(Id=statement, **page)
            rows += [[cell.get("stringValue") for cell in record] for record in answer["Records"]]
            if not answer.get("NextToken"):
                return rows
            page = {"NextToken": answer["NextToken"]}


def _with_retries(
    connection: RedshiftConnection, database: str, sql_of: Callable[[int], str], error_context: str
) -> tuple[int, str]:
    """The number of the attempt that succeeded, and the id of its statement."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return attempt, _run_once(connection, database, sql_of(attempt), error_context)
        except SourceUnavailableError:
            time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 - spreads callers, hides nothing
    return ATTEMPTS - 1, _run_once(connection, database, sql_of(ATTEMPTS - 1), error_context)


def _run_once(connection: RedshiftConnection, database: str, sql: str, error_context: str) -> str:
    api, deadline = client("redshift-data"), time.monotonic() + STATEMENT_SECONDS
    with aws_answers(error_context):
        # botocore adds a token, so that a call it makes again does not start the statement twice.
        statement = str(api.execute_statement(**connection.target, Database=database, Sql=sql)["Id"])
        pause = FIRST_LOOK_SECONDS
        while (seen := api.describe_statement(Id=statement))["Status"] not in ENDED:
            if time.monotonic() > deadline:
                api.cancel_statement(Id=statement)
                raise SourceUnavailableError(
                    f"{error_context}: no end in {STATEMENT_SECONDS} s",
                    given=f"statement {statement}, {seen['Status']}",
                )
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_LOOK_SECONDS)
    if seen["Status"] != FINISHED:
        raise translate_error(seen, error_context)
    return statement


def translate_error(seen: dict[str, Any], error_context: str) -> LakewrightError:
    """The LakewrightError for a statement that failed or was aborted.

    Args:
        seen: The Data API's description of it.
        error_context: System, place and position; the error begins with it.
    """
    said = str(seen.get("Error") or "")
    given = f"statement {seen['Id']}, {seen['Status']}"
    if of_names := OF_NAMES.search(said):
        kind = SchemaDriftError if of_names[1] == COLUMN else SourceContentError
        return kind(
            f"{error_context}: the table or a column is not there, or not for the job's role",
            given=f"{given}: {of_names[0]}",
            expected="a table with the contract's columns",
            mend="change the contract, or grant SELECT and USAGE to the job role's database user",
        )
    look = "read its message with `aws redshift-data describe-statement`"
    if OF_ROLES.search(said):
        return TerminalError(
            f"{error_context}: Redshift may not write the unload",
            given=given,
            mend=f"associate the unload role with the warehouse, and let it write; {look}",
        )
    if OF_STATEMENTS.search(said):
        return SourceContentError(f"{error_context}: Redshift refuses the statement", given=given, mend=look)
    return SourceUnavailableError(f"{error_context}: the statement did not come to its end", given=given, mend=look)
