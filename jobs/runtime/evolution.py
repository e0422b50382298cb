"""Brings an existing table to the shape of its contract, before a flow works on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.commit import carried
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.misplaced import refuse_misplaced
from jobs.runtime.position import TablePosition, read_position
from jobs.runtime.statistics import STATISTICS, keep_statistics
from jobs.runtime.tables import ensure_table, read_version, relax, replace_all, spark_schema, types_of
from shared.contracts import Disposition, Kind
from shared.contracts.document import short_name
from shared.contracts.evolution.as_built import contract_facts, since_built
from shared.contracts.evolution.changes import ChangeKind, renames
from shared.contracts.evolution.policy import Level, Remedy, is_raised, is_refused, next_major
from shared.errors import ContractError, RollbackError
from shared.places import location_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql import types as T

    from jobs.runtime.lease import Lease
    from shared.contracts import Table
    from shared.contracts.evolution.changes import Change
    from shared.contracts.evolution.policy import AssessedChange
    from shared.names import Roots


@dataclass(frozen=True, kw_only=True)
class Evolved:
    """A table's position once it has its contract's shape, and what the next batch has to do.

    Attributes:
        before: The position.
        is_rebuilt: Whether the next batch rebuilds the table from all its inputs, since the first number of the
            contract's version rose.
        is_reread: Whether the next batch reads the table's source from the start.
    """

    before: TablePosition
    is_rebuilt: bool = False
    is_reread: bool = False


def evolve(session: SparkSession, table: Table, roots: Roots, lease: Lease) -> Evolved:
    """Bring a table to the shape of its contract, as docs/schema_evolution.md says.

    New columns are added; for a widened type the table is rewritten in one commit. Before any row is written, Delta is
    told to keep no statistics of columns that were classified since. A change that breaks readers is made only if the
    first number of the contract's version rose: then a landed table is rewritten, and any other is rebuilt by the batch
    that follows.

    Raises:
        ContractError: a change breaks readers, and the version does not say so; or the table is not where its contract
            puts it.
        LeaseHeldError: the table's lease was lost.
        RollbackError: a rollback of the table is unfinished.
    """
    location = location_of(roots, table)
    before = read_position(session, location)
    if not before.exists:
        refuse_misplaced(session, table, roots)
    last, schema = before.flows.get(str(table.name)), spark_schema(table)
    if last is None:
        if before.exists:
            _shape_empty(session, location, schema, lease)
        return Evolved(before=read_position(session, location))
    log = DeltaLog(session, location)
    if run := log.rolled_back_to:
        raise _half_rolled_back(table, run)
    stored = types_of(log.schema)
    old, changes = since_built(table, stored, last.contract, last.fingerprint)
    raised = is_raised(old.version, table.version)
    if is_refused(changes) and not raised:
        raise _refused(table, old, [r for r in changes if r.level is Level.BREAKING])
    closed = table.closed_columns
    if keep_statistics(session, location, schema, closed):
        before = read_position(session, location)
    if raised and table.kind is not Kind.INGESTED:
        return Evolved(before=before, is_rebuilt=True)
    if not changes and set(stored) >= set(schema.names):
        return Evolved(before=before)
    is_reread = raised and any(_asks_for_all(r.change, table) for r in changes)
    if any(r.remedy is Remedy.REWRITE or r.change.what is ChangeKind.TYPE_WIDENED for r in changes):
        lease.renew()
        _rewrite(session, table, old, location, before, is_reread=is_reread)
    ensure_table(session, location, schema, table.cluster_by, closed)
    relax(session, location, schema)
    return Evolved(before=read_position(session, location), is_reread=is_reread)


def _asks_for_all(change: Change, table: Table) -> bool:
    """Whether a change of a landed table has its source read from the start.

    Of a table that becomes a snapshot, the last batch was an increment, and would be taken for the whole.
    """
    becomes_snapshot = change.what is ChangeKind.DISPOSITION_CHANGED and table.disposition is Disposition.SNAPSHOT
    return becomes_snapshot or change.what is ChangeKind.CURSOR_CHANGED


def _shape_empty(session: SparkSession, location: str, schema: T.StructType, lease: Lease) -> None:
    """Give a table without a batch its contract's columns, and no others.

    A first run that died may have created it from an earlier version of the contract. It has no rows: `read_position`
    refuses a table with rows but no batch.
    """
    if types_of(DeltaLog(session, location).schema) != types_of(schema):
        lease.renew()
        # The property may name columns that go; the batch sets it again before it writes.
        session.sql(f"ALTER TABLE delta.`{location}` UNSET TBLPROPERTIES IF EXISTS ('{STATISTICS}')")
        replace_all(session.createDataFrame([], schema), location)
    relax(session, location, schema)


def _refused(table: Table, old: Table, breaking: Sequence[AssessedChange]) -> ContractError:
    changes = [r.change for r in breaking]
    described = [" ".join(filter(None, [c.what, c.column, c.before and f"from {c.before}"])) for c in changes]
    how = {
        Kind.INGESTED: "the table is then rewritten, and rows that are there keep their values",
        Kind.REFINED: "the table is then rebuilt from all rows of its input",
        Kind.BUILT: "the table is then built anew",
    }
    return ContractError(
        f"{short_name(table.file)}:1: the change of {table.name} breaks those who read it",
        given=f"{'; '.join(described)}, in version {table.version} after {old.version or 'an unknown one'}",
        expected="a change that adds or widens, or a new first number of the version",
        mend=f"take it back, or raise the version to {next_major(old.version, table.version)}: {how[table.kind]}",
    )


def _rewrite(
    session: SparkSession, table: Table, old: Table, location: str, before: TablePosition, *, is_reread: bool
) -> None:
    """Rewrite all rows with the contract's columns and types, in one commit that keeps the positions."""
    rows = read_version(session, location, before.version)
    came_from = {after: before_ for before_, after in renames(old, table).items()}
    names = {f.name: came_from.get(f.name, f.name) for f in spark_schema(table)}
    values = {f.name: _value(rows, names[f.name], f.dataType.simpleString()) for f in spark_schema(table)}
    _check_exact(rows, table, names)
    shaped = rows.select(*[value.alias(name) for name, value in values.items()])
    flows = dict(before.flows)
    last = flows[str(table.name)]
    # The old facts stay until a batch has read the source from the start: a run may die before, and the next must see
    # that it is still to be done.
    facts = ("version", "cursor", "disposition")
    pending = {fact: last.contract[fact] for fact in facts if is_reread and fact in last.contract}
    flows[str(table.name)] = replace(last, contract=contract_facts(table) | pending)
    with carried(session, replace(before, flows=flows)):
        replace_all(shaped, location)


def _value(rows: DataFrame, name: str, type_: str) -> Column:
    return F.col(name).try_cast(type_) if name in rows.columns else F.lit(None).cast(type_)


def _check_exact(rows: DataFrame, table: Table, came_from: dict[str, str]) -> None:
    """Refuse casts that lose something: a value cast to its new type and back must be what it was."""
    types, lossy = dict(rows.dtypes), []
    for field in spark_schema(table):
        name, type_ = came_from[field.name], field.dataType.simpleString()
        if name in types and types[name] != type_:
            back = F.col(name).try_cast(type_).try_cast(types[name])
            lossy.append(~back.eqNullSafe(F.col(name)))
    if lossy and (count := rows.where(reduce(or_, lossy)).count()):
        raise ContractError(
            f"{short_name(table.file)}:1: values of {table.name} do not fit their new types",
            given=f"{count} rows",
            expected="types that hold every value that is there",
            mend="choose wider types; or land the source in a new table",
        )


def _half_rolled_back(table: Table, run: str) -> RollbackError:
    """The error for a table whose rollback is unfinished: its companions may be from another time than the table."""
    return RollbackError(
        f"a rollback of {table.name} did not come to its end",
        given=f"it was on its way back to {run}",
        expected="a table and its companion tables from the same point in time",
        mend=f"roll back once more: ./lake rollback {run} --select {table.name}, or the machine maintenance",
    )
