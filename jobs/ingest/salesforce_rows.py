"""Reads the result of a Salesforce query job as rows: has it made in the driver, and reads it in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.ingest.delimited_rows import DelimitedText, arrow_rows
from jobs.ingest.frame import business_columns
from jobs.ingest.landed_stream import file_faults
from jobs.ingest.salesforce_bulk import QueryJob, pages, run_query
from jobs.ingest.salesforce_login import Credentials
from jobs.ingest.salesforce_org import Org
from jobs.runtime.addresses import read_secret
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from jobs.ingest.fetched import Tally
    from jobs.ingest.salesforce_bulk import Page

ENCODING = "utf-8"


@dataclass(frozen=True)
class Query:
    """What is asked of an object.

    `secret` is the name of the connection's secret, `condition` is SOQL, `whole` asks for fields that the contract
    does not know, too, and `asked` tells system, object and position in errors.
    """

    secret: str
    object: str
    condition: str
    whole: bool
    asked: str

    def org(self) -> Org:
        """The org; nothing is asked of it yet.

        Raises:
            SourceUnavailableError: Secrets Manager did not answer.
            TerminalError: the secret is missing or malformed.
        """
        return Org(Credentials.parse(read_secret(self.secret), self.secret), self.asked)


def finished_job(query: Query, columns: Sequence[str]) -> tuple[list[QueryJob], int]:
    """Have the query run, and say how many requests that took; raises as `run_query` does.

    A page is known only once the page before it is read, so its result is one part.
    """
    org = query.org()
    job = run_query(org, query.object, columns, query.condition, whole=query.whole)
    return [job], org.requests


def result_rows(query: Query, job: QueryJob, schema: pa.Schema, tally: Tally) -> Iterator[pa.RecordBatch]:
    """The rows of a finished query job; runs in a worker.

    Grain: one record in, one row out. Salesforce knows no empty texts, so an empty cell is null. What is held at a
    time is one batch of rows; the page they are cut from is on disk.

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
            raise _short(query.asked, f"page {page.name}", count, page.rows)
        found += count
    if found != job.rows:
        raise _short(query.asked, f"query job {job.id}", found, job.rows)


def _page_rows(page: Page, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with page.path.open(encoding=ENCODING, errors="surrogateescape", newline="") as text, file_faults(page.name):
        yield from arrow_rows(DelimitedText(page.name, text, ENCODING, knows_empty=False), columns, schema)


def _short(asked: str, what: str, given: int, expected: int) -> SourceUnavailableError:
    return SourceUnavailableError(f"{asked}: {what} came short", given=f"{given} rows", expected=f"{expected} rows")
