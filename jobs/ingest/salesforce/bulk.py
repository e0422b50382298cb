"""Runs a query job of Salesforce's Bulk API 2.0, and reads its result page by page."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from shared.errors import LakewrightError, SchemaDriftError, SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.ingest.salesforce.org import Answer, Org

JOBS = "/jobs/query"
# The Bulk API cannot query compound fields, whose parts are fields of their own, nor files.
WITHOUT_BULK = {"address", "location", "base64"}
ROWS_PER_PAGE = 50_000
FIRST_POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 10.0
POLL_GROWTH = 1.5
QUERY_SECONDS = 3600
COMPLETE, FAILED, ABORTED = "JobComplete", "Failed", "Aborted"
NO_MORE = "null"


@dataclass(frozen=True)
class QueryJob:
    """A query that Salesforce has run; its result is kept there unchanged for a week."""

    id: str
    object: str
    rows: int


@dataclass(frozen=True)
class Page:
    """A page of a result, on disk: CSV with a header."""

    path: Path
    name: str
    rows: int | None


def run_query(org: Org, object_: str, columns: Sequence[str], condition: str, *, whole: bool) -> QueryJob:
    """Run a query of an object, deleted records included, and wait for its end.

    Args:
        org: The org.
        object_: The object's name.
        columns: The contract's columns.
        condition: SOQL; empty for all records.
        whole: Query the fields that the contract does not know, too.

    Raises:
        SourceUnavailableError: Salesforce did not answer, or not in time.
        SchemaDriftError: a field is not there.
        SourceContentError: the object is not there, or the query failed.
        TerminalError: the login or the request was refused.
    """
    fields = _fields(org, object_, columns, whole=whole)
    query = f"SELECT {', '.join(fields)} FROM {object_}" + (f" WHERE {condition}" if condition else "")
    made = org.post(JOBS, {"operation": "queryAll", "query": query})
    return _finished(org, object_, str(made["id"]))


def pages(org: Org, job: QueryJob) -> Iterator[Page]:
    """The pages of a result, one at a time; each is completely on disk when it is yielded, and removed afterwards.

    Raises:
        SourceUnavailableError: a page did not come, or not whole.
        SourceContentError: the job is no longer there.
        TerminalError: the login or the request was refused.
    """
    locator, number = "", 1
    while job.rows:
        with TemporaryDirectory() as folder:
            path = Path(folder, "page.csv")
            # Each page has its own locator, so a page may be requested again.
            query = urlencode({"maxRecords": ROWS_PER_PAGE} | ({"locator": locator} if locator else {}))
            following, rows = org.request("GET", f"{JOBS}/{job.id}/results?{query}", _Save(path))
            yield Page(path, f"{job.object}/{job.id}/{number}", rows)
        if following in ("", NO_MORE):
            return
        locator, number = following, number + 1


@dataclass(frozen=True)
class _Save:
    """Saves an answer from its beginning; returns the next locator, and the row count in the header."""

    path: Path

    def __call__(self, answer: Answer) -> tuple[str, int | None]:
        expected = answer.length
        with self.path.open("wb") as file:
            shutil.copyfileobj(answer, file)
            # Reading in pieces, `shutil` cannot tell an answer that broke off from a complete one.
            if expected is not None and file.tell() != expected:
                raise http.client.IncompleteRead(b"", expected - file.tell())
        said = answer.headers.get("Sforce-NumberOfRecords")
        return answer.headers.get("Sforce-Locator") or "", int(said) if said else None


def _fields(org: Org, object_: str, columns: Sequence[str], *, whole: bool) -> list[str]:
    """The fields to query, by the object's own spelling: the contract's columns first, in their order."""
    described = org.get(f"/sobjects/{quote(object_)}/describe")["fields"]
    known = {str(f["name"]).lower(): str(f["name"]) for f in described if f["type"] not in WITHOUT_BULK}
    others = [name for lower, name in known.items() if lower not in columns]
    if missing := [c for c in columns if c not in known]:
        raise SchemaDriftError(
            f"{org.error_context}: fields are missing, or not for this user: {', '.join(missing)}",
            given="beside the contract's " + (", ".join(others) or "none"),
            expected=", ".join(columns),
            mend="change the contract, or grant the connected app's user access to the fields",
        )
    return [known[c] for c in columns] + (others if whole else [])


def _finished(org: Org, object_: str, id_: str) -> QueryJob:
    deadline, pause = time.monotonic() + QUERY_SECONDS, FIRST_POLL_SECONDS
    while True:
        described = org.get(f"{JOBS}/{id_}")
        if described["state"] == COMPLETE:
            return QueryJob(id_, object_, int(described.get("numberRecordsProcessed") or 0))
        if described["state"] in (FAILED, ABORTED):
            raise SourceContentError(
                f"{org.error_context}: the query job {id_} ended {described['state']}",
                mend="look at it in Salesforce's setup",
            )
        if time.monotonic() > deadline:
            _give_up(org, id_)
            raise SourceUnavailableError(
                f"{org.error_context}: the query job {id_} did not end",
                given=f"{described['state']} after {QUERY_SECONDS} s",
            )
        time.sleep(pause)
        pause = min(pause * POLL_GROWTH, LONGEST_POLL_SECONDS)


def _give_up(org: Org, id_: str) -> None:
    """Have a job ended that nobody waits for: it would go on, and counts against the org's limits."""
    body = json.dumps({"state": ABORTED}).encode()
    with suppress(LakewrightError):
        org.request("PATCH", f"{JOBS}/{id_}", json.load, body)
