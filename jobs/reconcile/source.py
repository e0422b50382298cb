"""Compares a source with bronze: the source's figures of the settled span, and those of the newest rows in bronze."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.ingest.suppression import has_suppressed
from jobs.reconcile.bronze import figures, newest_rows, refused_figures
from jobs.reconcile.verdict import judged, measures_of
from shared.reconciliation import Comparison, Verdict

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.ingest.source_figures import CursorSpan, Figures, FiguresReader
    from jobs.reconcile.landed import Landed

# How often the source is asked again until two answers agree: rows may change between its answers.
TRIES = 3


def compare_with_source(
    session: SparkSession, bronze: Landed, reader: FiguresReader, span: CursorSpan, *, loses_old: bool = False
) -> Comparison:
    """Compare the source with a bronze table, and give the verdict.

    Args:
        session: The session.
        bronze: The table.
        reader: Reads the figures of the source.
        span: The part of the cursor that is compared.
        loses_old: Whether rows of the span may have been deleted from the table for their age.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source does not have what the contract says.
        TerminalError: the login or a right is missing.
    """
    at_source, in_lake = _both_figures(session, bronze, reader, span)
    if any(c.is_closed and c.name in bronze.table.primary_key for c in bronze.table.columns):
        # A checksum of only a few keys could give them away.
        at_source, in_lake = replace(at_source, keys=None), replace(in_lake, keys=None)
    source, refused = bronze.source, refused_figures(session, bronze, reader, span)
    comparison = Comparison(
        left=source.system,
        right=str(bronze.table.name),
        span=f"{source.cursor} {span}" if source.cursor else str(span),
        measures=measures_of(at_source, in_lake),
        refused=refused.rows,
        verdict=Verdict.GREEN,
    )
    missing = at_source.rows - in_lake.rows
    explained = f"{refused.rows:,} rows lie in its quarantine" if 0 < missing <= refused.rows else ""
    sums = refused.sums if explained else None
    if missing > 0 and has_suppressed(bronze.job.pii_root, bronze.table.name):
        explained, sums = "people were erased from it, whom the source still has", None
    elif missing > 0 and loses_old and not explained:
        explained = "its rows are deleted once they are old, and the source still has them"
    return judged(comparison, source.reconciling, explained=explained, refused=sums)


def _both_figures(
    session: SparkSession, bronze: Landed, reader: FiguresReader, span: CursorSpan
) -> tuple[Figures, Figures]:
    """The figures of the source and those of the lake.

    A row that changes at the source leaves the span, while the lake learns of the change with its next batch. So if the
    figures differ, the keys that the source has beyond the span are left out of the lake's figures.
    """
    table, job, rows = bronze.table, bronze.job, newest_rows(session, bronze)
    at_source, in_lake = reader.figures(table, job, span), figures(rows, bronze, reader, span)
    if bronze.source.cursor is None or all(m.left == m.right for m in measures_of(at_source, in_lake)):
        return at_source, in_lake
    for _ in range(TRIES):
        before, moved = at_source, reader.keys(table, job, span.beyond)
        at_source = reader.figures(table, job, span)
        if at_source == before:
            break
    return at_source, figures(rows, bronze, reader, span, moved)
