"""Judges a batch in one pass: types, checks, treats and ranks it, compares it with the target, measures and pins it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.refine.classify import TIED, classified, ranked
from jobs.refine.deletes import tombstones
from jobs.refine.history import with_horizon_checked
from jobs.refine.origin import ORIGIN_COLUMNS, origin
from jobs.refine.refused import RAW_ROW, raw_row
from jobs.refine.relationships import parent_keys, with_all_parents_checked
from jobs.refine.rules import FAILED, WARNED, failed_rules, is_refused, warned_rules, warning_measures
from jobs.refine.treatment import token_values, treated
from jobs.refine.typing import typed
from jobs.runtime.fates import EFFECTIVE, FATE, FATES, counted
from jobs.runtime.merge import bounds_of, ends, reach_of, target_rows, within
from jobs.runtime.pii_keys import read_pii_keys
from jobs.runtime.pinned import pin, unpin
from jobs.runtime.retention import day_of_ages, is_expired
from jobs.runtime.versions import IS_DELETE
from shared.contracts import Disposition
from shared.errors import UnbalancedBooksError
from shared.landed_columns import SEQUENCE, SOURCE_POSITION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.merge import Bounds
    from jobs.runtime.position import TablePosition
    from shared.contracts import Table


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A judged batch.

    Attributes:
        rows: The pinned rows: the contract's columns, `_failed`, the origin of refused rows, and, unless they are
            events of a history, the fate.
        seen: The measures taken on the way.
        bounds: The least and greatest first key among the rows that can change the target.
        clear: The values that its tokens stand for, which are not pinned; None for a table without tokens.
    """

    rows: DataFrame
    seen: dict[str, Any]
    bounds: Bounds
    clear: DataFrame | None


def judge(flow: Flow, rows: DataFrame, parents: dict[str, TablePosition]) -> Judged:
    """Judge the batch and decide each row's fate, in one pass, and pin them.

    Grain: one row in, one row out.

    Args:
        flow: The table's flow.
        rows: The input's rows, after the row-local query.
        parents: The positions of the parent tables.

    Raises:
        UnbalancedBooksError: the input gave other keys the second time it was read.
    """
    table = flow.table
    safe, clear = _treated(flow, rows)
    reach = _reach(flow, safe)
    target = target_rows(flow, reach)
    known = tombstones(flow, within(table.primary_key[0], reach)) if target is not None else None
    judged = ranked(_judged(flow, safe, parents), table)
    measures = [*counted(FATES), F.count_if(TIED).alias(TIED), *ends(table, F.col(FATE).isin(*EFFECTIVE))]
    good = ends(table, ~is_refused(), "good_")
    fates = classified(judged, target, table, tombstones=known, is_too_old=_is_too_old(flow))
    batch = _pinned(flow, fates, clear, [*measures, *good])
    if reach and not _lies_within(reach, bounds_of(batch.seen, "good_")):
        unpin(batch.rows)
        raise _read_differently(table)
    return batch


def _is_too_old(flow: Flow) -> Column | None:
    kept = flow.table.retention
    return is_expired(F.col(kept.column), kept, day_of_ages(flow.job)) if kept else None


def judge_events(flow: Flow, rows: DataFrame, parents: dict[str, TablePosition]) -> Judged:
    """Judge the events of a history, and pin them; `keep_history` weighs them with the known events of their keys."""
    safe, clear = _treated(flow, rows)
    measures = [F.count_if(is_refused()).alias("refused"), *ends(flow.table, ~is_refused())]
    return _pinned(flow, _judged(flow, safe, parents), clear, measures)


def _treated(flow: Flow, rows: DataFrame) -> tuple[DataFrame, DataFrame | None]:
    """Type rows, evaluate their rules on values in clear, and treat them; also return what their tokens stand for."""
    table = flow.table
    checked = typed(rows, table).withColumns({FAILED: failed_rules(table), WARNED: warned_rules(table)})
    # Read once for both: if the key were rotated in between, the vault would lack the tokens.
    read_keys = cache(partial(read_pii_keys, flow.job.env))
    return treated(checked, table, read_keys), token_values(checked, table, read_keys)


def _judged(flow: Flow, rows: DataFrame, parents: dict[str, TablePosition]) -> DataFrame:
    """Evaluate the remaining rules (parents, horizon); keep the raw row and the origin of refused rows only."""
    table = flow.table
    checked = with_horizon_checked(with_all_parents_checked(rows, table, parent_keys(flow, parents)), flow)
    of_refused = {RAW_ROW: raw_row(), **{name: F.when(is_refused(), value) for name, value in origin().items()}}
    marks = [IS_DELETE] if table.apply_as_deletes else []
    ordering = [] if table.sequence_by else [SEQUENCE]
    return checked.withColumns(of_refused).select(
        *table.column_names, FAILED, WARNED, RAW_ROW, SOURCE_POSITION, *ORIGIN_COLUMNS, *marks, *ordering
    )


def _pinned(flow: Flow, rows: DataFrame, clear: DataFrame | None, measures: list[Column]) -> Judged:
    table = flow.table
    keyless = reduce(or_, [F.col(k).isNull() for k in table.primary_key])
    always = [
        F.count(F.lit(1)).alias("read"),
        F.count_if(keyless).alias("keyless"),
        *warning_measures(table),
    ]
    pinned, seen = pin(rows, [*always, *measures], without=(WARNED, TIED))
    return Judged(rows=pinned, seen=seen, bounds=bounds_of(seen), clear=clear)


def _reach(flow: Flow, rows: DataFrame) -> Bounds:
    """The least and greatest first key of the batch; None if it can touch all of the target, as a snapshot does."""
    touches_all = flow.table.disposition is Disposition.SNAPSHOT or flow.is_rebuilt or not flow.batch.before.exists
    return None if touches_all else reach_of(flow, rows)


def _lies_within(reach: tuple[Any, Any], found: Bounds) -> bool:
    """Whether all keys lie in the part of the target that was read; others would be inserted a second time."""
    return found is None or (reach[0] <= found[0] and found[1] <= reach[1])


def _read_differently(table: Table) -> UnbalancedBooksError:
    return UnbalancedBooksError(
        f"the input of {table.name} gave other rows the second time it was read",
        given=f"values of {table.primary_key[0]} beyond those of the first time",
        expected="the same rows whenever a version is read",
        mend="nothing was committed: start the run again",
    )
