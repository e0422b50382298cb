"""Reads the result of a Salesforce query job as rows: the part that works in Spark's workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql.pandas.types import to_arrow_schema

from jobs.ingest.addresses import read_secret
from jobs.ingest.delimited_rows import DelimitedText, arrow_rows
from jobs.ingest.landed_stream import file_faults
from jobs.ingest.salesforce_bulk import QueryJob, pages
from jobs.ingest.salesforce_login import Credentials
from jobs.ingest.salesforce_org import Org
from shared.errors import SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from pyspark.sql.types import StructType

    from jobs.ingest.fetched import Tally
    from jobs.ingest.salesforce_bulk import Page

ENCODING = "utf-8"


def org_of(options: Mapping[str, str]) -> Org:
    """The org of a frame; nothing is asked of it yet.

    Raises:
        SourceUnavailableError: Secrets Manager did not answer.
        TerminalError: the secret is missing or malformed.
    """
    return Org(Credentials.parse(read_secret(options["secret"]), options["secret"]), options["asked"])


def result_rows(
    job: tuple[str, str, int], columns: Sequence[str], schema: StructType, options: Mapping[str, str], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """The rows of a finished query job.

    Grain: one record in, one row out. Salesforce knows no empty texts, so an empty cell is null. What is held at a
    time is one batch of rows; the page they are cut from is on disk.

    Raises:
        SourceUnavailableError: a page did not come, or came short.
        SourceContentError: the job is no longer there, or a page cannot be read.
        TerminalError: the login or the request was refused.
    """
    if not job[-1]:
        return
    wanted, org, before = to_arrow_schema(schema), org_of(options), tally.requests
    found = 0
    for page in pages(org, QueryJob(*job)):
        tally.requests, tally.bytes = before + org.requests, tally.bytes + page.path.stat().st_size
        count = 0
        for batch in _page_rows(page, columns, wanted):
            count += batch.num_rows
            yield batch
        if page.rows is not None and count != page.rows:
            raise _short(options["asked"], f"page {page.name}", count, page.rows)
        found += count
    if found != job[-1]:
        raise _short(options["asked"], f"query job {job[0]}", found, job[-1])


def _page_rows(page: Page, columns: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with page.path.open(encoding=ENCODING, errors="surrogateescape", newline="") as text, file_faults(page.name):
        yield from arrow_rows(DelimitedText(page.name, text, ENCODING, knows_empty=False), columns, schema)


def _short(asked: str, what: str, given: int, expected: int) -> SourceUnavailableError:
    return SourceUnavailableError(f"{asked}: {what} came short", given=f"{given} rows", expected=f"{expected} rows")
