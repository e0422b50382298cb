"""Finds a person's rows, table by table, and their values in clear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.erase.person import Person
from jobs.erase.searchable import MIN_SEARCHABLE, is_searchable, searchable_text
from jobs.refine.origin import key_hash
from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.quarantine import ORIGIN
from jobs.runtime.relation import relation
from jobs.runtime.tables import read_newest
from shared.contracts import Kind
from shared.landed_columns import SEQUENCE, SOURCE_POSITION
from shared.names import events_location, quarantine_location, table_location, tombstones_location
from shared.places import location_of
from shared.vault import TOKEN, VALUE, vault_location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from shared.contracts import Table
    from shared.contracts.column import Column as ContractColumn
    from shared.contracts.subjects import SearchStep
    from shared.names import Roots

KEY = "_subject_key"
# Where a refused row came from, in the columns of the quarantine of a refined table.
HELD_ORIGIN = (*ORIGIN, "source_position")


@dataclass(frozen=True)
class Found:
    """Rows of a person in one place.

    Attributes:
        place: The place in words, such as `quarantine of silver.orders`; for a table, its name.
        location: The location of the Delta table.
        table: The table that it is, or is a companion of.
        keys: The values that the rows are found by.
        condition: The join condition between a row `t` and a key `k`.
        rows: How many rows were found.
        closed: The columns of the place that have personal values in clear.
    """

    place: str
    location: str
    table: Table
    keys: frozenset[str] = field(repr=False)
    condition: Column = field(repr=False, compare=False)
    rows: int = 0
    closed: tuple[str, ...] = ()


class Search:
    """The search for a person, along the keys and relationships of the contracts."""

    def __init__(self, session: SparkSession, roots: Roots) -> None:
        self.session, self.roots = session, roots
        self.found: list[Found] = []
        self.person = Person()

    def run(self, steps: Sequence[SearchStep], subject: str) -> None:
        """Find every place with rows of a person: `found` has them, each after those that its keys come from.

        Args:
            steps: The steps of the search, each after those that find its values.
            subject: The person's key, as text.
        """
        for step in steps:
            if step.is_root:
                self.person.add(step.via, step.via_column, [subject])
        for step in steps:
            referred_to = {s.via_column for s in steps if s.via.name == step.key_holder.name}
            self._in_table(step, referred_to)
            self._in_companions(step)
        refined = [step for step in steps if step.table.kind is Kind.REFINED]
        for step in refined:
            self._in_quarantine(step)
        for table in {str(step.table.name): step.table for step in refined}.values():
            self._in_vault(table)

    def exists(self, location: str) -> bool:
        """Whether there is a table at a location."""
        return DeltaLog(self.session, location).exists

    def keys_frame(self, keys: Iterable[str]) -> DataFrame:
        """The keys as a frame with one row each."""
        return relation(self.session, KEY, keys)

    def matching(self, location: str, keys: frozenset[str], condition: Column) -> DataFrame:
        """The rows of a table that meet a condition with one of the keys."""
        return self._joined(self._rows(location), keys, condition, "left_semi")

    def _rows(self, location: str) -> DataFrame:
        return read_newest(self.session, location)

    def _joined(self, rows: DataFrame, keys: frozenset[str], condition: Column, how: str) -> DataFrame:
        return rows.alias("t").join(F.broadcast(self.keys_frame(keys)).alias("k"), on=condition, how=how)

    def _not_found_before(self, rows: DataFrame, location: str) -> DataFrame:
        """Leave out the rows that an earlier step has found in the same place."""
        for before in (f for f in self.found if f.location == location):
            rows = self._joined(rows, before.keys, before.condition, "left_anti")
        return rows

    def _in_table(self, step: SearchStep, referred_to: set[str]) -> None:
        """Find the person's rows in the table of a step.

        Args:
            step: The step.
            referred_to: The columns whose values later steps need.
        """
        table, keys = step.table, self.person.of(step.via, step.via_column)
        location = location_of(self.roots, table)
        if not keys or not self.exists(location):
            return
        condition = _text(step, step.column) == F.col(f"k.{KEY}")
        rows = self._not_found_before(self.matching(location, keys, condition), location).cache()
        try:
            count = rows.count()
            if count:
                self._remember(step, rows, location, referred_to)
        finally:
            rows.unpersist()
        closed = tuple(c.name for c in table.columns if c.is_closed) if table.is_personal else ()
        self.found.append(Found(str(table.name), location, table, keys, condition, count, closed))

    def _remember(self, step: SearchStep, rows: DataFrame, location: str, referred_to: set[str]) -> None:
        """Remember the values by which other tables refer to these rows, and the personal values in clear."""
        holder = step.key_holder
        for column in [c for c in holder.columns if c.name in referred_to | set(holder.primary_key[:1])]:
            own = rows.select(_text(step, column).alias(KEY)).where(F.col(KEY).isNotNull()).distinct()
            values = {r[0] for r in own.collect()}
            if holder.primary_key != (column.name,) and values:
                keys, owner = self.person.of(step.via, step.via_column), _text(step, step.column)
                # A row that belongs to nobody, such as a click without an order, is not one of another person.
                others = self._joined(self._rows(location), keys, owner == F.col(f"k.{KEY}"), "left_anti")
                others = others.where(owner.isNotNull())
                same = own.join(others.select(_text(step, column).alias(KEY)), on=KEY, how="left_semi")
                if shared := {r[0] for r in same.collect()}:
                    self.person.shared.add(f"{holder.name}.{column.name}")
                    values -= shared
            self.person.add(holder, column.name, values)
        if step.table.kind is Kind.INGESTED:
            origin = F.concat_ws(":", F.col(SEQUENCE), key_hash(step.table), F.col(SOURCE_POSITION))
            self.person.add_origins(step.table, [r[0] for r in rows.select(origin).distinct().collect()])
        for column in holder.tokenized if step.image else ():
            texts = {r[0] for r in rows.select(_text(step, column)).distinct().collect()} - {None}
            self.person.tokenized[str(holder.name)] = self.person.tokenized.get(str(holder.name), set()) | texts
        closed = [c.name for c in step.table.columns if c.is_closed] if step.table.is_personal else []
        for row in rows.select(*[F.col(name).cast("string") for name in closed]).distinct().collect() if closed else ():
            self.person.values |= {value for value in row if value is not None and len(value) >= MIN_SEARCHABLE}

    def _in_companions(self, step: SearchStep) -> None:
        """Find the person in the quarantine of a bronze table, by text, and in tombstones and events, by their keys."""
        table, keys = step.table, self.person.of(step.via, step.via_column)
        if table.kind is Kind.INGESTED:
            # A malformed line has the key anywhere; a short one is in other people's lines, too.
            is_held = F.expr(f"{searchable_text(table)} RLIKE concat('(?<![0-9A-Za-z])', k.{KEY}, '(?![0-9A-Za-z])')")
            in_lines = frozenset(filter(is_searchable, keys))
            location = quarantine_location(self.roots.of(is_personal=table.is_personal), table.name)
            self._in_companion("quarantine", location, table, in_lines, is_held)
            return
        if len(table.primary_key) == 1:
            buried, name = self.person.of(table, table.primary_key[0]), table.primary_key[0]
        else:
            buried, name = keys if step.column.name in table.primary_key else frozenset(), step.column.name
        is_buried = F.col(f"t.{name}").cast("string") == F.col(f"k.{KEY}")
        self._in_companion("tombstones", tombstones_location(self.roots.lake, table.name), table, buried, is_buried)
        is_event = F.col(f"t.{step.column.name}").cast("string") == F.col(f"k.{KEY}")
        self._in_companion("events", events_location(self.roots.lake, table.name), table, keys, is_event)

    def _in_quarantine(self, step: SearchStep) -> None:
        """Find the person in the quarantine of a refined table, by their rows in bronze and by the step's column.

        The quarantine does not have the values of treated columns, but it has where in bronze a row came from. Bronze
        may no longer have the row; then only its values, which are not cast yet, are left to find it by.
        """
        table, keys = step.table, self.person.of(step.via, step.via_column)
        location = quarantine_location(self.roots.of(is_personal=table.is_personal), table.name)
        origins = self.person.origins.get(str(table.inputs[0]), frozenset())
        origin = F.concat_ws(":", *[F.col(f"t.{name}") for name in HELD_ORIGIN])
        self._in_companion("quarantine", location, table, origins, origin == F.col(f"k.{KEY}"))
        value = F.get_json_object("t.row", f"$.{step.column.name}").try_cast(step.column.clear_type).cast("string")
        self._in_companion("quarantine", location, table, keys, value == F.col(f"k.{KEY}"))

    def _in_companion(self, what: str, location: str, table: Table, keys: frozenset[str], condition: Column) -> None:
        if keys and self.exists(location):
            rows = self._not_found_before(self.matching(location, keys, condition), location)
            self.found.append(Found(f"{what} of {table.name}", location, table, keys, condition, rows.count()))

    def _in_vault(self, table: Table) -> None:
        """Find what the person's tokens stand for, except values that a row of somebody else has, too.

        A vault is found last and so deleted first: if the run dies after that, the next one finds the rest by the rows
        that are still there.
        """
        location = vault_location(self.roots.pii, table.name)
        if not self.exists(location):
            return
        vault = self._rows(location)
        places = (table_location(self.roots.lake, table.name), events_location(self.roots.lake, table.name))
        existing = [place for place in places if self.exists(place)]
        own = [self.matching(f.location, f.keys, f.condition) for f in self.found if f.location in existing]
        others = [self._not_found_before(self._rows(place), place) for place in existing]
        values = self._values(vault, own, table) | self.person.tokenized.get(str(table.name), set())
        mine = vault.join(F.broadcast(relation(self.session, VALUE, values)), on=VALUE, how="left_semi")
        values -= self._values(mine, others, table)
        self.person.values |= {value for value in values if len(value) >= MIN_SEARCHABLE}
        rows = vault.join(F.broadcast(relation(self.session, VALUE, values)), on=VALUE, how="left_semi")
        tokens = frozenset(r[0] for r in rows.select(TOKEN).collect())
        is_token = F.col(f"t.{TOKEN}") == F.col(f"k.{KEY}")
        self.found.append(Found(f"vault of {table.name}", location, table, tokens, is_token, len(tokens), (VALUE,)))

    @staticmethod
    def _values(vault: DataFrame, frames: Sequence[DataFrame], table: Table) -> set[str]:
        """The values of a vault whose tokens are in rows of its table or of its events."""
        found: set[str] = set()
        for rows in frames:
            names = [c.name for c in table.tokenized if c.name in rows.columns]
            if names:
                tokens = rows.select(F.explode(F.array(*names)).alias(TOKEN))
                used = vault.join(tokens, on=TOKEN, how="left_semi")
                found |= {r[0] for r in used.select(VALUE).distinct().collect()}
        return found


def _text(step: SearchStep, column: ContractColumn) -> Column:
    """A column's value in the rows of a step's table, as text."""
    return F.expr(step.expression(column.name)).try_cast(column.clear_type).cast("string")
