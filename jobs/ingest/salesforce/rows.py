"""Runs a Salesforce query job in the driver, and reads its result as rows in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.ingest.formats.delimited_rows import DelimitedText, arrow_rows
from jobs.ingest.formats.landed_stream import file_faults
from jobs.ingest.reading_schema import business_columns
from jobs.ingest.salesforce.bulk import QueryJob, pages, run_query
from jobs.ingest.salesforce.org import Org
from jobs.ingest.salesforce.secret import SalesforceSecret
from jobs.runtime.credentials import read_secret
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from jobs.ingest.read_cost import Tally
    from jobs.ingest.salesforce.bulk import Page

ENCODING = "utf-8"


@dataclass(frozen=True)
class Query:
    """A query of one object.

    Attributes:
        secret: The name of the source's secret.
        object: The object's name.
        condition: SOQL; empty for all records.
        whole: Whether to query fields that the contract does not know, too.
        error_context: System, object and position; errors begin with it.
    """

    secret: str
    object: str
    condition: str
    whole: bool
    error_context: str

    def org(self) -> Org:
        """The org, with the secret's credentials; this sends no request to it.

        Raises:
            SourceUnavailableError: Secrets Manager did not answer.
            TerminalError: the secret is missing or malformed.
        """
        return Org(SalesforceSecret.parse(read_secret(self.secret), self.secret), self.error_context)


def finished_job(query: Query, columns: Sequence[str]) -> tuple[list[QueryJob], int]:
    """Run the query, and count the requests that took; raises as `run_query` does.

    Where a page begins is known only once the page before it is read, so the whole result is one part.
    """
    org = query.org()
    job = run_query(org, query.object, columns, query.condition, whole=query.whole)
    return [job], org.requests


def result_rows(query: Query, job: QueryJob, schema: pa.Schema, tally: Tally) -> Iterator[pa.RecordBatch]:
    """The rows of a finished query job; runs in a worker.

    Grain: one record in, one row out. Salesforce knows no empty texts, so an empty cell is null. One batch of rows is
    held in memory at a time; the page they come from is on disk.

    Raises:
        SourceUnavailableError: a page did not come, or came short.
        SourceContentError: the job is no longer there, or a page cannot be read.
        TerminalError: the login or the request was refused.
    """
    if not job.rows:
        return
    org, found = query.org(), 0
    for page in pages(org, job):
        tally.requests, tally.bytes = org.requests, tally.bytes + page.path.stat().st_size
        count = 0
        for batch in _page_rows(page, business_columns(schema), schema):
            count += batch.num_rows
            yield batch
        if page.rows is not None and count != page.rows:
            raise _short(query.error_context, f"page {page.name}", count, page.rows)
        found += count
    if found != job.rows:
        raise _short(query.error_context, f"query job {job.id}", found, job.rows)


def _page_rows(page: Page, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with page.path.open(encoding=ENCODING, errors="surrogateescape", newline="") as text, file_faults(page.name):
        yield from arrow_rows(DelimitedText(page.name, text, ENCODING, knows_empty=False), columns, schema)


def _short(error_context: str, what: str, given: int, expected: int) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"{error_context}: {what} came short", given=f"{given} rows", expected=f"{expected} rows"
    )
