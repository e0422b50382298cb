"""One bronze table's reconciliation: with its source, and with every table that is refined from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.reconcile.landed import read_landed
from jobs.reconcile.silver import Layers
from jobs.reconcile.source import compare_with_source
from jobs.reconcile.verdict import judged, row_difference
from jobs.runtime.retention import day_of_ages
from jobs.runtime.session import ANSI, batch_session
from shared.contracts import Kind
from shared.errors import DifferenceError
from shared.jobs import Failure, Status, TableOutcome
from shared.reconciliation import RECONCILIATION, Comparison, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from jobs.reconcile.landed import Landed
    from shared.contracts import Catalog, Table
    from shared.jobs import Job

NOT_READ = "nothing of it has been read yet"


def reconcile(spark: SparkSession, job: Job, catalog: Catalog, table: Table) -> TableOutcome:
    """Compare a bronze table with its source, and with every table that is refined from it.

    It writes nothing and takes no lease, since it reads versions, which no writer changes.

    Raises:
        SourceUnavailableError: the source did not answer.
        SourceContentError: the source does not have what the contract says.
        TerminalError: the login or a right is missing.
        PositionLostError: a table's commits do not say how far its inputs were read.
    """
    session = batch_session(spark)
    bronze = read_landed(session, job, table)
    if bronze is None:
        return TableOutcome(table=str(table.name), step=job.step, status=Status.UNCHANGED, reason=NOT_READ)
    comparisons, reason = list[Comparison](), ""
    if bronze.figures_reader is None:
        reason = f"not compared: a source of type {bronze.source.type} cannot be queried for figures"
    elif bronze.span is None:
        reason = "not compared: no value of its cursor has been read yet"
    else:
        loses_old = _may_have_expired(bronze, catalog.expiring_readers(table.name))
        found = compare_with_source(session, bronze, bronze.figures_reader, bronze.span, loses_old=loses_old)
        comparisons.append(found)
    refined = [t for t in catalog.readers_of(table.name) if t.kind is Kind.REFINED]
    # A treated value cannot be computed from bronze here: this step has no access to the key of personal data.
    unmatchable = [t for t in refined if {c.name for c in t.treated} & set(t.primary_key)]
    comparisons += _compare_with_silver(spark, bronze, [t for t in refined if t not in unmatchable])
    reasons = [reason, *(f"{t.name} is not compared: its key is treated" for t in unmatchable)]
    return _outcome(bronze, comparisons, "; ".join(filter(None, reasons)))


def _may_have_expired(bronze: Landed, readers: Sequence[Table]) -> bool:
    """Whether rows of the span may have been deleted from bronze for their age.

    They cannot have been if every reader's retention goes by the cursor, and the span starts no earlier than the first
    day that each reader keeps.
    """
    kept = [(reader, reader.retention) for reader in readers if reader.retention]
    ages = {c.logic or c.name for reader, kept_ in kept for c in reader.columns if c.name == kept_.column}
    if not kept or not bronze.start or ages != {bronze.source.cursor}:
        return bool(kept)
    day = day_of_ages(bronze.job)
    # The text of a date or of a timestamp begins with its day.
    return bronze.start[: len(str(day))] < str(max(kept_.horizon(day) for _, kept_ in kept))


def _compare_with_silver(spark: SparkSession, bronze: Landed, refined: Sequence[Table]) -> list[Comparison]:
    """The comparisons of bronze with refined tables, except those that have read nothing yet."""
    # A value that does not fit its type becomes null, as in the step that refines.
    session = batch_session(spark)
    session.conf.set(ANSI, "false")
    comparisons = [Layers(session=session, bronze=bronze, silver=silver).compare() for silver in refined]
    return [judged(comparison, bronze.source.reconciling) for comparison in comparisons if comparison]


def _outcome(bronze: Landed, comparisons: list[Comparison], reason: str) -> TableOutcome:
    red, yellow = ([c for c in comparisons if c.verdict is v] for v in (Verdict.RED, Verdict.YELLOW))
    reasons = [reason, *(f"{c} ({c.reason})" if c.reason else str(c) for c in yellow)]
    return TableOutcome(
        table=str(bronze.table.name),
        step=bronze.job.step,
        status=Status.FAILED if red else Status.SUCCEEDED,
        version=bronze.version,
        warnings={RECONCILIATION: max(map(row_difference, yellow))} if yellow else {},
        reason="; ".join(filter(None, reasons)),
        failure=_failure(bronze.table, red) if red else None,
        reconciled=tuple(comparisons),
    )


def _failure(table: Table, red: list[Comparison]) -> Failure:
    error = DifferenceError(
        f"{table.name} does not reconcile",
        given="; ".join(map(str, red)),
        expected="equal figures, or a difference of no more than reconcileRed of the contract allows",
        mend="find out which rows were lost or changed on their way, and backfill their window",
    )
    return Failure(error=type(error).__name__, message=str(error), retryable=False)
