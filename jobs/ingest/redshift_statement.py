"""Runs one statement through the Redshift Data API to its end, patiently up to a bound."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

from jobs.runtime.aws import aws_answers, client
from shared.errors import LakewrightError, SourceContentError, SourceUnavailableError, TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.ingest.redshift_connection import Connection

# Beside botocore's own tries of each call.
ATTEMPTS = 3
PAUSE_SECONDS = 2.0
STATEMENT_SECONDS = 3600
FIRST_LOOK_SECONDS = 0.1
LONGEST_LOOK_SECONDS = 5.0
FINISHED = "FINISHED"
ENDED = {FINISHED, "FAILED", "ABORTED"}

# What Redshift says of names may be told; its other messages may quote rows.
OF_NAMES = re.compile(r"(relation|schema|column|database) .{1,200} does not exist|permission denied for .{1,200}")
OF_ROLES = re.compile(r"not authorized to assume|access ?denied|status 403|unauthorized", re.IGNORECASE)
OF_STATEMENTS = re.compile(r"syntax error|operator does not exist|unsupported|not supported", re.IGNORECASE)


def run_statement(connection: Connection, database: str, sql_of: Callable[[int], str], asked: str) -> int:
    """Run a statement, again when it failed for a passing reason; give the number of the try that went well.

    Args:
        connection: Which Redshift.
        database: The database in it.
        sql_of: The statement for a try; two tries must not write to one place, for the first may still be at it.
        asked: System, place and position, as an error will tell it.

    Raises:
        SourceUnavailableError: Redshift or the Data API did not answer, or the statement failed each time.
        SourceContentError: Redshift does not have what the statement asks for.
        TerminalError: a right is missing.
    """
    return _patiently(connection, database, sql_of, asked)[0]


def few_rows(connection: Connection, database: str, sql: str, asked: str) -> list[list[str | None]]:
    """Run a SELECT whose columns are all text, and fetch its rows; raises as `run_statement` does."""
    _, statement = _patiently(connection, database, lambda _: sql, asked)
    rows, api, page = list[list[str | None]](), client("redshift-data"), dict[str, str]()
    with aws_answers(asked):
        while True:
            answer = api.get_statement_result(Id=statement, **page)
            rows += [[cell.get("stringValue") for cell in record] for record in answer["Records"]]
            if not answer.get("NextToken"):
                return rows
            page = {"NextToken": answer["NextToken"]}


def _patiently(connection: Connection, database: str, sql_of: Callable[[int], str], asked: str) -> tuple[int, str]:
    """The number of the try that went well, and its statement."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return attempt, _run_once(connection, database, sql_of(attempt), asked)
        except SourceUnavailableError:
            time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 - spreads callers, hides nothing
    return ATTEMPTS - 1, _run_once(connection, database, sql_of(ATTEMPTS - 1), asked)


def _run_once(connection: Connection, database: str, sql: str, asked: str) -> str:
    api, deadline = client("redshift-data"), time.monotonic() + STATEMENT_SECONDS
    with aws_answers(asked):
        # botocore adds a token, so that a call it makes again does not start the statement twice.
        statement = str(api.execute_statement(**connection.target, Database=database, Sql=sql)["Id"])
        pause = FIRST_LOOK_SECONDS
        while (seen := api.describe_statement(Id=statement))["Status"] not in ENDED:
            if time.monotonic() > deadline:
                api.cancel_statement(Id=statement)
                raise SourceUnavailableError(
                    f"{asked}: no end in {STATEMENT_SECONDS} s", given=f"statement {statement}, {seen['Status']}"
                )
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_LOOK_SECONDS)
    if seen["Status"] != FINISHED:
        raise meaning(seen, asked)
    return statement


def meaning(seen: dict[str, Any], asked: str) -> LakewrightError:
    """The error of the house for a statement that failed or was aborted.

    Args:
        seen: The Data API's description of it.
        asked: System, place and position.
    """
    said = str(seen.get("Error") or "")
    given = f"statement {seen['Id']}, {seen['Status']}"
    if of_names := OF_NAMES.search(said):
        return SourceContentError(
            f"{asked}: the table or a column is not there, or not for the job's role",
            given=f"{given}: {of_names[0]}",
            expected="a table with the contract's columns",
            mend="change the contract, or grant SELECT and USAGE to the job role's database user",
        )
    look = "read its message with `aws redshift-data describe-statement`"
    if OF_ROLES.search(said):
        return TerminalError(
            f"{asked}: Redshift may not write the unload",
            given=given,
            mend=f"associate the unload role with the warehouse, and let it write; {look}",
        )
    if OF_STATEMENTS.search(said):
        return SourceContentError(f"{asked}: Redshift refuses the statement", given=given, mend=look)
    return SourceUnavailableError(f"{asked}: the statement did not come to its end", given=given, mend=look)
