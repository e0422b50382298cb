"""Runs a statement in Snowflake, and fetches the batches of its result: in the driver and in Spark's workers."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, TypeVar

from snowflake.connector import errors as snowflake_errors

from jobs.ingest.snowflake_connection import SnowflakeSecret, connected, translate_error
from jobs.ingest.strict_cast import fit
from jobs.runtime.addresses import read_secret
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    from snowflake.connector.cursor import SnowflakeCursor
    from snowflake.connector.result_batch import ResultBatch

    from jobs.ingest.read_cost import Tally
    from jobs.ingest.snowflake_query import Statement

Result = TypeVar("Result")

# A task in Python costs some tenths of a second, whatever it does, so small result batches share one.
# Source: 1 M rows in batches of 10,000 on two busy cores: 32 s with a task for each, of which 2 s were theirs.
ROWS_PER_SHARE = 100_000


def run_query(statement: Statement) -> list[bytes]:
    """Run the statement and give its result batches, pickled in shares; their rows mostly stay where they are.

    A share holds rows, or signed addresses of rows, which a worker fetches without a login.

    Raises:
        SourceUnavailableError: Snowflake or Secrets Manager did not answer.
        SchemaDriftError: a column of the statement is not there.
        SourceContentError: Snowflake does not have what the statement asks for.
        TerminalError: the secret is missing or malformed, or the login was refused.
    """
    batches = _run(statement, lambda cursor: cursor.get_result_batches())
    if batches is None:
        raise SourceUnavailableError(f"{statement.error_context}: the answer came without its rows")
    return [pickle.dumps(share) for share in _shares(batch for batch in batches if batch.rowcount)]


def few_rows(statement: Statement) -> list[tuple[Any, ...]]:
    """Run the statement and fetch its rows into the driver; raises as `run_query` does."""
    return _run(statement, lambda cursor: [tuple(row) for row in cursor.fetchall()])


def _run(statement: Statement, take: Callable[[SnowflakeCursor], Result]) -> Result:
    credentials = SnowflakeSecret.parse(read_secret(statement.secret), statement.secret)
    try:
        session = connected(credentials, statement.database, statement.schema)
        with session as connection, connection.cursor() as cursor:
            cursor.execute(statement.text)
            return take(cursor)
    except snowflake_errors.Error as error:
        raise translate_error(error, statement.error_context) from None


def _shares(batches: Iterable[ResultBatch]) -> Iterator[list[ResultBatch]]:
    share: list[ResultBatch] = []
    for batch in batches:
        share.append(batch)
        if sum(b.rowcount for b in share) >= ROWS_PER_SHARE:
            yield share
            share = []
    if share:
        yield share


def typed_rows(
    pickled: bytes, schema: pa.Schema, tally: Tally, *, error_context: str, place: str
) -> Iterator[pa.RecordBatch]:
    """Fetch the rows of one share of result batches and give them the contract's types.

    What is counted are the bytes of the rows as Arrow has them: the connector does not tell how it packed them.

    Raises:
        SourceUnavailableError: the rows did not come, or not all of them.
        SchemaDriftError: a column is of another kind than the contract says.
    """
    share: list[ResultBatch] = pickle.loads(pickled)  # noqa: S301 - made by run_query
    for batch in share:
        rows = _fetched(batch, error_context)
        tally.requests, tally.bytes = tally.requests + 1, tally.bytes + rows.nbytes
        typed = fit(rows, schema, place)
        yield from typed.to_batches()


def _fetched(batch: ResultBatch, error_context: str) -> pa.Table:
    try:
        # Else the connector makes floating numbers of decimals, and nanoseconds of moments: those reach to 2262 only,
        # and one that lies later ends the answer, or has all digits of its batch cut that a batch without it keeps.
        rows = batch.to_arrow(number_to_decimal=True, force_microsecond_precision=True)
    except snowflake_errors.Error as error:
        raise translate_error(error, error_context) from None
    if rows is None or rows.num_rows != batch.rowcount:
        raise SourceUnavailableError(
            f"{error_context}: a part of the answer came short",
            given=f"{0 if rows is None else rows.num_rows} rows",
            expected=f"{batch.rowcount} rows",
        )
    return rows
