"""A session at Snowflake that queries and writes, and its errors as LakewrightErrors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from snowflake.connector import errors as snowflake_errors

from jobs.ingest.snowflake.connection import NO_OBJECT, SnowflakeSecret, connected, facts_of, is_transient, refusal
from jobs.runtime.credentials import read_secret
from shared.errors import LakewrightError, TargetRefusedError, TargetUnavailableError
from shared.names import source_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from snowflake.connector import SnowflakeConnection

    from shared.jobs import Job
    from shared.snowflake import SnowflakeTable

# Snowflake's SQL state for a privilege that the role lacks.
NO_RIGHT = "42501"
NEEDED = "USAGE on warehouse, database and schema, and CREATE TABLE on the schema; tables made before are its own"


class Warehouse:
    """One session. A statement outside of a transaction commits by itself, as DDL always does.

    Args:
        connection: The connector's connection.
        error_context: What is published where; errors begin with it.
    """

    def __init__(self, connection: SnowflakeConnection, error_context: str) -> None:
        self._connection, self.error_context = connection, error_context

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows that a query returns.

        Raises:
            TargetUnavailableError: Snowflake did not answer.
            TargetRefusedError: it refused.
        """
        with self._answering():
            return self._rows(statement)

    def query_or_none(self, statement: str) -> list[tuple[Any, ...]] | None:
        """The rows that a query returns; None if its object does not exist, or is hidden from this role.

        Raises:
            TargetUnavailableError: Snowflake did not answer.
            TargetRefusedError: it refused.
        """
        with self._answering():
            try:
                return self._rows(statement)
            except snowflake_errors.ProgrammingError as error:
                if error.errno in NO_OBJECT:
                    return None
                raise

    def write(self, statement: str, content: BinaryIO | None = None) -> int:
        """Run a statement that changes something, and return the number of rows it changed.

        Args:
            statement: The statement.
            content: The content of the file that a PUT uploads.

        Raises:
            TargetUnavailableError: Snowflake did not answer, and may have run the statement or not.
            TargetRefusedError: it refused.
        """
        with self._answering(), self._connection.cursor() as cursor:
            cursor.execute(statement, file_stream=content)
            return cursor.rowcount or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the writes of the block in one transaction: others see all of them at its end, or, on an error, none."""
        self.write("BEGIN")
        try:
            yield
        except Exception:
            self.write("ROLLBACK")
            raise
        self.write("COMMIT")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except snowflake_errors.Error as error:
            raise translate_error(error, self.error_context) from None

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def warehouse(job: Job, place: SnowflakeTable, error_context: str) -> Iterator[Warehouse]:
    """Open a session with the connection that a contract names.

    Raises:
        TargetUnavailableError: Snowflake did not answer.
        TargetRefusedError: the login was refused.
        TerminalError: the secret is missing or malformed.
    """
    secret = source_secret(job.env, place.connection)
    credentials = SnowflakeSecret.parse(read_secret(secret), secret)
    try:
        with connected(credentials, place.database, place.schema) as connection:
            yield Warehouse(connection, error_context)
    except snowflake_errors.Error as error:
        raise translate_error(error, error_context) from None


def translate_error(error: snowflake_errors.Error, error_context: str) -> LakewrightError:
    """The LakewrightError for an error of the connector, without its text, which may quote rows or settings."""
    state, number, code = facts_of(error)
    if (refused := refusal(number, state)) is not None:
        return TargetRefusedError(
            f"{error_context}: {refused[0]}", given=code, mend="put the connection again: ./lake secrets put"
        )
    if is_transient(number, state) or not isinstance(error, snowflake_errors.ProgrammingError):
        return TargetUnavailableError(
            f"{error_context}: no answer", given=code, mend="the next run sends what is missing"
        )
    if state == NO_RIGHT or number in NO_OBJECT:
        return TargetRefusedError(
            f"{error_context}: the database, the schema or the table is not there, or not for this role",
            given=code,
            expected=NEEDED,
            mend="make them, or grant the role what docs/connections.md lists",
        )
    return TargetRefusedError(
        f"{error_context}: a statement failed",
        given=f"{code}, query {error.sfqid}",
        mend="look the query up in Snowflake",
    )
