"""Retries refused rows: unasked those that lacked only a parent, once parents moved on, and those a job asks for."""

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
    """Rows of the input that come a second time, and by which columns the held rows made of them are released."""

    rows: DataFrame
    released: DataFrame


def rows_to_replay(
    flow: Flow, source: Table, version: int, held: DataFrame, parents: Mapping[str, TablePosition]
) -> Replayed | None:
    """The refused rows to try again, as rows of the input; None when there are none.

    Of a table that is a snapshot, rows of its last snapshot alone are tried, and with them the whole of it: what an
    older snapshot said does not hold any more. A row that the input has no more stays in the quarantine.

    Args:
        flow: The table's flow.
        source: The input.
        version: The input's version.
        held: The quarantine before this batch.
        parents: Where the parent tables stand.
    """
    consumed = int((flow.last_inputs or {}).get(str(source.name), 0))
    is_snapshot = flow.table.disposition is Disposition.SNAPSHOT
    selected = _selected(flow, held, parents)
    if selected is None:
        return None
    selected = selected.where(F.col(INPUT_SEQUENCE).between(F.lit(consumed if is_snapshot else 1), F.lit(consumed)))
    sequences = [r[0] for r in selected.select(INPUT_SEQUENCE).distinct().collect()]
    if not sequences:
        return None
    rows = input_rows(flow, source, version).where(F.col(SEQUENCE).isin(sequences))
    ids = _asked_for(rows, selected) if flow.is_replayed else _ready(flow, rows, selected, parents)
    ids = ids.persist()
    if ids.isEmpty():
        return None
    if is_snapshot:
        return Replayed(rows=rows, released=flow.session.createDataFrame([(consumed,)], f"{INPUT_SEQUENCE} bigint"))
    return Replayed(rows=_of(rows, ids), released=ids)


def _selected(flow: Flow, held: DataFrame, parents: Mapping[str, TablePosition]) -> DataFrame | None:
    """The held rows to try: those a replay asks for, else those that miss nothing but a parent, once parents moved."""
    if flow.is_replayed:
        rule = flow.job.replay.rule if flow.job.replay else None
        return held.where(F.array_contains("rules", rule)) if rule else held
    last = flow.last_inputs or {}
    if all(last.get(name) == position.flows[name].newest for name, position in parents.items()):
        return None
    missing = F.array(*[F.lit(exists_rule(c.name)) for c in flow.table.foreign_keys])
    return held.where(F.size(F.array_except("rules", missing)) == 0)


def _asked_for(rows: DataFrame, selected: DataFrame) -> DataFrame:
    """Where the selected rows lie in the input, as far as they are still there."""
    return _of(rows, selected.select(*ORIGIN).distinct()).withColumns(origin()).select(*as_held()).distinct()


def _ready(flow: Flow, rows: DataFrame, selected: DataFrame, parents: Mapping[str, TablePosition]) -> DataFrame:
    """Where those of the selected rows lie in the input whose parents are all there now."""
    candidates = queried(flow.table, _of(rows, selected.select(*ORIGIN).distinct()))
    # Keys are compared as they are kept: treated, where they are personal.
    safe = treated(typed(candidates, flow.table), flow.table, partial(read_pii_keys, flow.job.env))
    unjudged = safe.withColumn(FAILED, F.array().cast("array<string>"))
    judged = with_parents_checked(unjudged, flow.table, parent_keys(flow, parents))
    good = judged.where(~is_refused()).withColumns(origin())
    keys = good.select(*as_held(), as_json(*flow.table.primary_key).alias("row_key"))
    # A query makes several rows of one. Elsewhere the key is not asked for, which may be written otherwise by now.
    same = [*ORIGIN, "row_key"] if flow.table.query else [*ORIGIN]
    return selected.join(keys, on=same, how="left_semi").select(*ORIGIN).distinct()


def _of(rows: DataFrame, ids: DataFrame) -> DataFrame:
    """The rows of the input that lie at certain places."""
    places = ids.select(*ORIGIN).toDF(*ORIGIN_COLUMNS)
    return rows.join(places, on=[origin()[name] == places[name] for name in ORIGIN_COLUMNS], how="left_semi")
