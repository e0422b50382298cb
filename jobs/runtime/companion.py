"""Companion tables: a companion commits just before its table, so that a batch loses nothing if the run dies between.

Its position records its own version before the batch. If a run dies between the two commits, the next run starts from
that version and decides the batch again: rows that the dead run added are dropped, rows that it released are back, and
no row is there twice.

Its columns follow its table's: added ones are added, and where a type was widened, the commit of its next rows rewrites
it. A batch that rebuilds the table rebuilds the companion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.commit import commit
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.position import read_position
from jobs.runtime.tables import ensure_table, read_version, types_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
    from pyspark.sql import types as T

    from jobs.runtime.commit import Batch
    from jobs.runtime.flow import Flow

# Joins what a companion holds and the name of its table's flow to the name of its own: "quarantine of silver.orders".
OF = " of "


@dataclass(frozen=True, kw_only=True)
class Companion:
    """A companion table; its first column is the batch that wrote a row.

    Attributes:
        what: What it holds, such as `quarantine`; part of its flow's name.
        location: Where it is.
        schema: Its columns.
        cluster_by: The columns that it is clustered by.
        closed: The columns that Delta keeps no statistics of.
        is_anew: Whether this batch rebuilds it together with its table: all earlier rows go, and its columns become
            those of `schema`.
        outlives: Whether its rows stay when the table is moved away and rebuilt, though batches then count from 1, and
            also after a first run that died.
    """

    what: str
    location: str
    schema: T.StructType
    cluster_by: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    is_anew: bool = False
    outlives: bool = False

    @property
    def batch_column(self) -> str:
        """The column with the number of the batch."""
        return self.schema.fieldNames()[0]


def commit_before(
    flow: Flow,
    companion: Companion,
    rows: DataFrame | None,
    *,
    outdated: str | None = None,
    released: DataFrame | None = None,
) -> None:
    """Commit a companion's rows of a batch that is about to be committed.

    Args:
        flow: The flow whose batch it is.
        companion: The companion.
        rows: The rows, with the companion's columns; None when the batch has none, which commits nothing unless rows
            are released, the companion is rebuilt, or a dead run left rows.
        outdated: The predicate of rows that are deleted with this commit.
        released: The rows that leave the companion with this batch, by some of its columns; None when there are none.

    Raises:
        LostRaceError: another writer committed this batch's rows first.
    """
    batch, own = flow.batch, _own(flow, companion)
    is_replaced = companion.is_anew and own.before.exists
    if rows is None and released is None and not is_replaced and not _is_ahead(own, batch):
        return
    if not is_replaced:
        ensure_table(flow.session, companion.location, companion.schema, companion.cluster_by, companion.closed)
        own = _own(flow, companion)
    added = rows if rows is not None else flow.session.createDataFrame([], companion.schema)
    is_reshaped = is_replaced or _is_outgrown(flow.session, companion)
    writer = added.write.format("delta").mode("append")
    if is_reshaped or released is not None or _is_cut_off(own, batch, companion):
        stays = added.limit(0) if is_replaced else _rows(flow, own, companion)
        if outdated:
            stays = stays.where(f"NOT coalesce({outdated}, false)")
        if released is not None:
            stays = stays.join(released, on=released.columns, how="left_anti").select(*companion.schema.names)
        writer = stays.unionByName(added).write.format("delta").mode("overwrite")
        writer = writer.option("overwriteSchema", is_reshaped)
    elif outdated:
        replaced = f"{companion.batch_column} >= {batch.sequence} OR ({outdated})"
        writer = added.write.format("delta").mode("overwrite").option("replaceWhere", replaced)
    _commit(flow, own, writer, {"batch": batch.sequence, "base": _base(own, batch, companion)})


def rows_before(flow: Flow, companion: Companion) -> DataFrame | None:
    """The rows that earlier batches left in a companion, without a dead run's rows of this batch.

    None if the companion does not exist yet.
    """
    own = _own(flow, companion)
    return _rows(flow, own, companion) if own.before.exists else None


def undo_unfinished_batch(flow: Flow, companion: Companion) -> None:
    """Undo a companion's commit for a batch that its table never got.

    The run died between the two commits, and with nothing left to read that batch will not be tried again.

    Raises:
        LostRaceError: another writer committed to the companion first.
    """
    own = _own(flow, companion)
    if _is_cut_off(own, flow.batch, companion):
        writer = _rows(flow, own, companion).write.format("delta").mode("overwrite")
        _commit(flow, own, writer, {"batch": flow.batch.sequence - 1})


def is_half_done(session: SparkSession, beside: str, location: str) -> bool:
    """Whether the last batch is half-committed: the companion at `beside` has it, its table at `location` does not.

    The run died between the two commits.
    """
    landed = read_position(session, location).flows
    own = read_position(session, beside).flows
    flows = {_flow_of(name): int(position.inputs.get("batch", 0)) for name, position in own.items()}
    return any(batch > (landed[flow].sequence if flow in landed else 0) for flow, batch in flows.items())


def _flow_beside(what: str, flow: str) -> str:
    """The name of a companion's flow, from what it holds and the name of its table's flow."""
    return f"{what}{OF}{flow}"


def _flow_of(beside: str) -> str:
    """The name of a table's flow, from that of its companion's flow."""
    return beside.partition(OF)[2]


def _commit(flow: Flow, own: Batch, writer: DataFrameWriter, inputs: dict[str, int]) -> None:
    fingerprint = flow.table.fingerprint
    commit(flow.session, own, lambda: writer.save(own.location), inputs=inputs, books={}, fingerprint=fingerprint)


def _own(flow: Flow, companion: Companion) -> Batch:
    """The next batch of the companion's own flow."""
    before = read_position(flow.session, companion.location)
    name = _flow_beside(companion.what, flow.batch.flow)
    return replace(flow.batch, location=companion.location, before=before, flow=name, contract={})


def _is_ahead(own: Batch, batch: Batch) -> bool:
    """Whether the companion has a batch that its table lacks."""
    return own.last is not None and bool(own.last.inputs["batch"] >= batch.sequence)


def _is_cut_off(own: Batch, batch: Batch, companion: Companion) -> bool:
    """Whether the companion has rows of a dead run's batch, which have to be dropped."""
    return _is_ahead(own, batch) and not (companion.outlives and batch.last is None)


def _base(own: Batch, batch: Batch, companion: Companion) -> int:
    """The companion's version before the batch, however often the batch was tried."""
    now = own.before.version
    return int(own.last.inputs.get("base", now)) if own.last and _is_cut_off(own, batch, companion) else now


def _is_outgrown(session: SparkSession, companion: Companion) -> bool:
    """Whether a stored column has another type than in the schema, or is NOT NULL where the schema allows null.

    The latter happens if a first run dies and the contract is changed before the next one.
    """
    stored, types = DeltaLog(session, companion.location).schema, types_of(companion.schema)
    has_other_type = any(types.get(name, type_) != type_ for name, type_ in types_of(stored).items())
    return has_other_type or not _never_null(stored) <= _never_null(companion.schema)


def _never_null(schema: T.StructType) -> set[str]:
    return {f.name for f in schema.fields if not f.nullable}


def _rows(flow: Flow, own: Batch, companion: Companion) -> DataFrame:
    known = read_version(flow.session, companion.location, _base(own, flow.batch, companion))
    if not companion.outlives:
        known = known.where(F.col(companion.batch_column) < flow.batch.sequence)
    return known.select(*[_value(known, f) for f in companion.schema.fields])


def _value(known: DataFrame, field: T.StructField) -> Column:
    """A column of the rows as the schema has it now: cast if its type was widened since, null if it was added since."""
    stored, type_ = dict(known.dtypes).get(field.name), field.dataType
    if stored is None:
        return F.lit(None).cast(type_).alias(field.name)
    return F.col(field.name) if stored == type_.simpleString() else F.col(field.name).cast(type_).alias(field.name)
