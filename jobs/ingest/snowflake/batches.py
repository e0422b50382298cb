"""Runs a statement in Snowflake from the driver, and fetches the batches of its result in Spark's workers."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, TypeVar

from snowflake.connector import errors as snowflake_errors

from jobs.ingest.snowflake.connection import SnowflakeSecret, connected, translate_error
from jobs.ingest.strict_cast import fit
from jobs.runtime.credentials import read_secret
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    from snowflake.connector.cursor import SnowflakeCursor
    from snowflake.connector.result_batch import ResultBatch

    from jobs.ingest.read_cost import Tally
    from jobs.ingest.snowflake.query import Statement

Result = TypeVar("Result")

# A Python task costs some tenths of a second whatever it does, so small result batches share one. Measured: 1 M rows in
# batches of 10,000 on two busy cores took 32 s with a task for each, of which the batches themselves took 2 s.
ROWS_PER_SHARE = 100_000


def run_query(statement: Statement) -> list[bytes]:
    """Run the statement and return its result batches, pickled in shares of one task each.

    Most batches hold no rows but a signed URL, from which a worker fetches them without a login.

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

    The tally counts the bytes of the rows in Arrow: the connector does not say how many it transferred.

    Raises:
        SourceUnavailableError: the rows did not come, or not all of them.
        SchemaDriftError: a column's type is of another family than the contract's.
    """
    share: list[ResultBatch] = pickle.loads(pickled)  # noqa: S301 - made by run_query
    for batch in share:
        rows = _fetched(batch, error_context)
        tally.requests, tally.bytes = tally.requests + 1, tally.bytes + rows.nbytes
        typed = fit(rows, schema, place)
        yield from typed.to_batches()


def _fetched(batch: ResultBatch, error_context: str) -> pa.Table:
    try:
        # By default the connector returns decimals as floats, and timestamps in nanoseconds, which end in 2262: a later
        # one makes the fetch fail, or truncates its whole batch to a coarser unit than other batches have.
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
