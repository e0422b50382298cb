"""Retries refused rows: those that lacked only a parent, once a parent has a new batch, or those a job asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.refine.origin import ORIGIN_COLUMNS, as_held, input_rows, origin, queried
from jobs.refine.relationships import parent_keys, with_parents_checked
from jobs.refine.rules import FAILED, exists_rule, is_refused
from jobs.refine.treatment import treated
from jobs.refine.typing import typed
from jobs.runtime.json_columns import as_json
from jobs.runtime.pii_keys import read_pii_keys
from jobs.runtime.quarantine import INPUT_SEQUENCE, ORIGIN
from shared.contracts import Disposition
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """Rows of the input that are read a second time.

    Attributes:
        rows: The rows.
        released: The held rows made from them, by columns of the quarantine, which it releases.
    """

    rows: DataFrame
    released: DataFrame


def rows_to_replay(
    flow: Flow, source: Table, version: int, held: DataFrame, parents: Mapping[str, TablePosition]
) -> Replayed | None:
    """The refused rows to try again, as rows of the input; None if there are none.

    For a table of snapshots, only rows of the last snapshot are tried again, and the whole snapshot with them: older
    snapshots no longer hold. A row that the input no longer has stays in the quarantine.

    Args:
        flow: The table's flow.
        source: The input.
        version: The input's version.
        held: The quarantine before this batch.
        parents: The positions of the parent tables.
    """
    consumed = int((flow.last_inputs or {}).get(str(source.name), 0))
    is_snapshot = flow.table.disposition is Disposition.SNAPSHOT
    selected = _selected(flow, held, parents)
    if selected is None:
        return None
    selected = selected.where(F.col(INPUT_SEQUENCE).between(F.lit(consumed if is_snapshot else 1), F.lit(consumed)))
    [(first, last)] = selected.agg(F.min(INPUT_SEQUENCE), F.max(INPUT_SEQUENCE)).collect()
    if first is None:
        return None
    # Not each batch by name: after months there are thousands of them.
    rows = input_rows(flow, source, version).where(F.col(SEQUENCE).between(first, last))
    ids = _asked_for(rows, selected) if flow.is_replayed else _ready(flow, rows, selected, parents)
    ids = ids.persist()
    if ids.isEmpty():
        return None
    if is_snapshot:
        return Replayed(rows=rows, released=flow.session.createDataFrame([(consumed,)], f"{INPUT_SEQUENCE} bigint"))
    return Replayed(rows=_of(rows, ids), released=ids)


def _selected(flow: Flow, held: DataFrame, parents: Mapping[str, TablePosition]) -> DataFrame | None:
    """The held rows to try again: those of the job's replay; without one, those that lack only a parent.

    None if no parent table has a new batch.
    """
    if flow.is_replayed:
        rule = flow.job.replay.rule if flow.job.replay else None
        return held.where(F.array_contains("rules", rule)) if rule else held
    last = flow.last_inputs or {}
    if all(last.get(name) == position.flows[name].newest for name, position in parents.items()):
        return None
    missing = F.array(*[F.lit(exists_rule(c.name)) for c in flow.table.foreign_keys])
    return held.where(F.size(F.array_except("rules", missing)) == 0)


def _asked_for(rows: DataFrame, selected: DataFrame) -> DataFrame:
    """The origins of the selected rows that are still in the input."""
    return _of(rows, selected.select(*ORIGIN).distinct()).withColumns(origin()).select(*as_held()).distinct()


def _ready(flow: Flow, rows: DataFrame, selected: DataFrame, parents: Mapping[str, TablePosition]) -> DataFrame:
    """The origins of the selected rows whose parents all exist now."""
    candidates = queried(flow.table, _of(rows, selected.select(*ORIGIN).distinct()))
    # Keys are compared as they are stored: treated, if they are personal.
    safe = treated(typed(candidates, flow.table), flow.table, partial(read_pii_keys, flow.job.env))
    unjudged = safe.withColumn(FAILED, F.array().cast("array<string>"))
    judged = with_parents_checked(unjudged, flow.table, parent_keys(flow, parents))
    good = judged.where(~is_refused()).withColumns(origin())
    keys = good.select(*as_held(), as_json(*flow.table.primary_key).alias("row_key"))
    # A query can make several rows from one, so there the key must match too. Without one it is not compared, since it
    # may be written differently by now.
    same = [*ORIGIN, "row_key"] if flow.table.query else [*ORIGIN]
    return selected.join(keys, on=same, how="left_semi").select(*ORIGIN).distinct()


def _of(rows: DataFrame, ids: DataFrame) -> DataFrame:
    """The rows of the input that have the given origins."""
    origins = ids.select(*ORIGIN).toDF(*ORIGIN_COLUMNS)
    return rows.join(origins, on=[origin()[name] == origins[name] for name in ORIGIN_COLUMNS], how="left_semi")
