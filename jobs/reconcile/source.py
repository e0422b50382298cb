"""A source against bronze: its figures of what is settled, and those of what the lake knows last of the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.ingest.suppression import has_suppressed
from jobs.reconcile.bronze import figures, newest, refused
from jobs.reconcile.verdict import judged, measures_of
from shared.reconciliation import Comparison, Verdict

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.ingest.source_figures import CursorSpan, Figures, FiguresReader
    from jobs.reconcile.landed import Landed

# Rows that change while the source is asked show up in one answer and not in the next.
TRIES = 3


def with_source(
    session: SparkSession, bronze: Landed, reader: FiguresReader, span: CursorSpan, *, loses_old: bool = False
) -> Comparison:
    """The source against a bronze table, with its verdict; `loses_old` says that the table's rows go by age.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source does not have what the contract says.
        TerminalError: the login or a right is missing.
    """
    asked, held = _figures(session, bronze, reader, span)
    if any(c.is_closed and c.name in bronze.table.primary_key for c in bronze.table.columns):
        # A checksum of few keys would tell of what they are.
        asked, held = replace(asked, keys=None), replace(held, keys=None)
    source, kept_back = bronze.source, refused(session, bronze, reader, span)
    comparison = Comparison(
        left=source.system,
        right=str(bronze.table.name),
        span=f"{source.cursor} {span}" if source.cursor else str(span),
        measures=measures_of(asked, held),
        refused=kept_back.rows,
        verdict=Verdict.GREEN,
    )
    missing = asked.rows - held.rows
    explained = f"{kept_back.rows:,} rows lie in its quarantine" if 0 < missing <= kept_back.rows else ""
    come_to = kept_back.sums if explained else None
    if missing > 0 and has_suppressed(bronze.job.pii_root, bronze.table.name):
        explained, come_to = "people were erased from it, whom the source still has", None
    elif missing > 0 and loses_old and not explained:
        explained = "its rows are deleted once they are old, and the source still has them"
    return judged(comparison, source.reconciling, explained=explained, refused=come_to)


def _figures(session: SparkSession, bronze: Landed, reader: FiguresReader, span: CursorSpan) -> tuple[Figures, Figures]:
    """Those of the source and those of the lake.

    A row that changes at the source leaves the span, and the lake knows of it with the next batch only. So where
    figures differ, the keys that the source has beyond the span are left out of the lake's.
    """
    table, job, known = bronze.table, bronze.job, newest(session, bronze)
    asked, held = reader.figures(table, job, span), figures(known, bronze, reader, span)
    if bronze.source.cursor is None or all(m.left == m.right for m in measures_of(asked, held)):
        return asked, held
    for _ in range(TRIES):
        before, moved = asked, reader.keys(table, job, span.beyond)
        asked = reader.figures(table, job, span)
        if asked == before:
            break
    return asked, figures(known, bronze, reader, span, moved)
