"""The number of records of an object in Salesforce.

SOQL has no hashes, and sums in floating point, which loses digits: so records are counted, and no more.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jobs.ingest.reading import source_of
from jobs.ingest.salesforce.org import API
from jobs.ingest.salesforce.query import soql_span
from jobs.ingest.salesforce.rows import Query
from jobs.ingest.source_figures import BETWEEN, MOST_KEYS, Figures
from shared.names import source_secret

if TYPE_CHECKING:
    from jobs.ingest.salesforce.org import Org
    from jobs.ingest.source_figures import CursorSpan
    from shared.contracts import Table
    from shared.jobs import Job

# Whether a record is in the recycle bin, from which it vanishes after some days; bronze keeps it.
DELETED = "isdeleted"
# Archived activities and deleted records are left out of every other query.
ALL_ROWS = "/queryAll"
COUNTED = "n"


class SalesforceFiguresReader:
    """The FiguresReader of Salesforce."""

    cursor_type = "timestamp"

    def deleted(self, table: Table) -> str | None:
        """The predicate of a record that was deleted, where the contract has the flag."""
        return f"{DELETED} = 'true'" if DELETED in table.column_names else None

    def key_text(self, name: str, type_: str) -> str | None:  # noqa: ARG002 - every column is text
        """The text of a key's column in Spark."""
        return f"`{name}`"

    def summed(self, table: Table) -> dict[str, int]:  # noqa: ARG002 - the signature of FiguresReader
        """No column: SOQL sums in floating point."""
        return {}

    def figures(self, table: Table, job: Job, span: CursorSpan) -> Figures:
        """The number of records that are not deleted; raises as `Org.get` does."""
        alive = f"{DELETED} = false" if self.deleted(table) else ""
        condition = " AND ".join(filter(None, [soql_span(table, span), alive]))
        [answer] = _pages(_org(table, job), f"SELECT COUNT(Id) {COUNTED} FROM {source_of(table).object}", condition)
        return Figures(rows=int(answer["records"][0][COUNTED]))

    def keys(self, table: Table, job: Job, span: CursorSpan) -> set[str]:
        """The hashes of the keys in a span, of deleted records too."""
        select = f"SELECT {', '.join(table.primary_key)} FROM {source_of(table).object}"
        found = set[str]()
        for page in _pages(_org(table, job), select, soql_span(table, span)):
            found |= {_hash(table, record) for record in page["records"]}
            if len(found) >= MOST_KEYS:
                break
        return found


def _pages(org: Org, select: str, condition: str) -> Any:  # noqa: ANN401 - JSON
    query = select + (f" WHERE {condition}" if condition else "")
    path: str | None = f"{ALL_ROWS}?{urlencode({'q': query})}"
    while path:
        page = org.get(path)
        yield page
        following = page.get("nextRecordsUrl")
        path = str(following).removeprefix(API) if following else None


def _hash(table: Table, record: dict[str, Any]) -> str:
    values = {name.lower(): value for name, value in record.items()}
    text = BETWEEN.join(str(values[key] or "") for key in table.primary_key)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _org(table: Table, job: Job) -> Org:
    source = source_of(table)
    secret, context = (
        source_secret(job.env, source.system),
        f"{table.name}: {source.system}, {source.object}, its figures",
    )
    return Query(secret, source.object, condition="", whole=False, error_context=context).org()
