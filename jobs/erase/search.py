"""Finds a person: the keys of the rows that hold something of them, table by table, and the values in clear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.relation import relation
from jobs.runtime.tables import read_newest
from shared.contracts import Kind
from shared.contracts.origin import KAFKA
from shared.names import events_location, quarantine_location, table_location, tombstones_location
from shared.places import location_of
from shared.vault import TOKEN, VALUE, vault_location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from shared.contracts import Table
    from shared.contracts.column import Column as ContractColumn
    from shared.contracts.subjects import Reach
    from shared.names import Roots

KEY = "_subject_key"
# A value this short stands by chance in many a file and many a line.
TELLING = 6
# What of a record the quarantine writes as Base64.
BYTES = ("key", "value")


@dataclass(frozen=True)
class Found:
    """Rows of a person in one place: how many, and the condition between a row `t` and a key `k` that finds them.

    `closed` are the columns of the place in which values are in clear.
    """

    place: str
    location: str
    table: Table
    keys: frozenset[str] = field(repr=False)
    condition: Column = field(repr=False, compare=False)
    rows: int = 0
    closed: tuple[str, ...] = ()


@dataclass
class Person:
    """What is known of a person while they are looked for; `keys` and `values` are in clear, and stay in this process.

    `shared` are columns of which rows of others hold a value, too: it does not lead to what is theirs alone.
    `tokenized` are the values, by table, that stand in its columns as tokens, or did.
    """

    keys: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, repr=False)
    values: set[str] = field(default_factory=set, repr=False)
    shared: set[str] = field(default_factory=set)
    tokenized: dict[str, set[str]] = field(default_factory=dict, repr=False)

    def add(self, table: Table, column: str, values: Iterable[str | None]) -> None:
        """Remember values of a column that others point to."""
        at = (str(table.name), column)
        self.keys[at] = self.keys.get(at, frozenset()) | frozenset(v for v in values if v is not None)

    def of(self, table: Table, column: str) -> frozenset[str]:
        """The values known of a column."""
        return self.keys.get((str(table.name), column), frozenset())


class Search:
    """Looks for a person along the contracts' keys and relationships."""

    def __init__(self, session: SparkSession, roots: Roots) -> None:
        self.session, self.roots = session, roots
        self.found: list[Found] = []
        self.person = Person()

    def look(self, ways: Sequence[Reach], subject: str) -> None:
        """Find every place with rows of a person, each after those its keys come from.

        Args:
            ways: Where to look, each after all that its keys come from.
            subject: The person's key, as text.
        """
        for way in ways:
            if way.is_root:
                self.person.add(way.keys, way.keys_column, [subject])
        for way in ways:
            pointed = {w.keys_column for w in ways if w.keys.name == way.known_as.name}
            self._in_table(way, pointed)
            self._beside(way)
        for table in {str(w.table.name): w.table for w in ways if w.table.kind is Kind.REFINED}.values():
            self._in_vault(table)

    def exists(self, location: str) -> bool:
        """Whether there is a table at a place."""
        return DeltaLog(self.session, location).exists

    def keys_frame(self, keys: Iterable[str]) -> DataFrame:
        """Keys as rows."""
        return relation(self.session, KEY, keys)

    def matching(self, location: str, keys: frozenset[str], condition: Column) -> DataFrame:
        """The rows of a table that belong to one of some keys."""
        return self._joined(self._rows(location), keys, condition, "left_semi")

    def _rows(self, location: str) -> DataFrame:
        return read_newest(self.session, location)

    def _joined(self, rows: DataFrame, keys: frozenset[str], condition: Column, how: str) -> DataFrame:
        return rows.alias("t").join(F.broadcast(self.keys_frame(keys)).alias("k"), on=condition, how=how)

    def _not_found_before(self, rows: DataFrame, location: str) -> DataFrame:
        """Leave out what another way to the same table has found already."""
        for before in (f for f in self.found if f.location == location):
            rows = self._joined(rows, before.keys, before.condition, "left_anti")
        return rows

    def _in_table(self, way: Reach, pointed: set[str]) -> None:
        table, keys = way.table, self.person.of(way.keys, way.keys_column)
        location = location_of(self.roots, table)
        if not keys or not self.exists(location):
            return
        condition = _text(way, way.column) == F.col(f"k.{KEY}")
        rows = self._not_found_before(self.matching(location, keys, condition), location).cache()
        try:
            count = rows.count()
            if count:
                self._remember(way, rows, location, pointed)
        finally:
            rows.unpersist()
        closed = tuple(c.name for c in table.columns if c.is_closed) if table.is_personal else ()
        self.found.append(Found(str(table.name), location, table, keys, condition, count, closed))

    def _remember(self, way: Reach, rows: DataFrame, location: str, pointed: set[str]) -> None:
        """Keep the values by which other tables know these rows, and what they tell of the person in clear."""
        known = way.known_as
        for column in [c for c in known.columns if c.name in pointed | set(known.primary_key[:1])]:
            own = rows.select(_text(way, column).alias(KEY)).where(F.col(KEY).isNotNull()).distinct()
            theirs = {r[0] for r in own.collect()}
            if known.primary_key != (column.name,) and theirs:
                keys, whose = self.person.of(way.keys, way.keys_column), _text(way, way.column)
                # A row of nobody, such as a click without an order, is not one of others.
                others = self._joined(self._rows(location), keys, whose == F.col(f"k.{KEY}"), "left_anti")
                others = others.where(whose.isNotNull())
                same = own.join(others.select(_text(way, column).alias(KEY)), on=KEY, how="left_semi")
                if held := {r[0] for r in same.collect()}:
                    self.person.shared.add(f"{known.name}.{column.name}")
                    theirs -= held
            self.person.add(known, column.name, theirs)
        for column in known.tokenized if way.image else ():
            texts = {r[0] for r in rows.select(_text(way, column)).distinct().collect()} - {None}
            self.person.tokenized[str(known.name)] = self.person.tokenized.get(str(known.name), set()) | texts
        closed = [c.name for c in way.table.columns if c.is_closed] if way.table.is_personal else []
        for row in rows.select(*[F.col(name).cast("string") for name in closed]).distinct().collect() if closed else ():
            self.person.values |= {value for value in row if value is not None and len(value) >= TELLING}

    def _beside(self, way: Reach) -> None:
        """In the quarantine, which knows rows by what stood in them; among tombstones and events, which know keys."""
        table, keys = way.table, self.person.of(way.keys, way.keys_column)
        root = self.roots.of(is_personal=table.is_personal)
        held = F.get_json_object("t.row", f"$.{way.column.name}") == F.col(f"k.{KEY}")
        if table.kind is Kind.INGESTED:
            # A line that is no row names its person somewhere; a short key stands in other people's lines, too.
            held = F.expr(f"{told_in(table)} RLIKE concat('(?<![0-9A-Za-z])', k.{KEY}, '(?![0-9A-Za-z])')")
            in_lines = frozenset(filter(is_telling, keys))
            self._in_companion("quarantine", quarantine_location(root, table.name), table, in_lines, held)
            return
        self._in_companion("quarantine", quarantine_location(root, table.name), table, keys, held)
        if len(table.primary_key) == 1:
            buried, name = self.person.of(table, table.primary_key[0]), table.primary_key[0]
        else:
            buried, name = keys if way.column.name in table.primary_key else frozenset(), way.column.name
        is_buried = F.col(f"t.{name}").cast("string") == F.col(f"k.{KEY}")
        self._in_companion("tombstones", tombstones_location(self.roots.lake, table.name), table, buried, is_buried)
        is_told = F.col(f"t.{way.column.name}").cast("string") == F.col(f"k.{KEY}")
        self._in_companion("events", events_location(self.roots.lake, table.name), table, keys, is_told)

    def _in_companion(self, what: str, location: str, table: Table, keys: frozenset[str], condition: Column) -> None:
        if keys and self.exists(location):
            rows = self._not_found_before(self.matching(location, keys, condition), location)
            self.found.append(Found(f"{what} of {table.name}", location, table, keys, condition, rows.count()))

    def _in_vault(self, table: Table) -> None:
        """What the person's tokens stand for, unless a row of somebody else has the same value.

        It is found last and so deleted first: a run that dies after it finds the rest by what is still there.
        """
        location = vault_location(self.roots.pii, table.name)
        if not self.exists(location):
            return
        vault = self._rows(location)
        places = (table_location(self.roots.lake, table.name), events_location(self.roots.lake, table.name))
        there = [place for place in places if self.exists(place)]
        own = [self.matching(f.location, f.keys, f.condition) for f in self.found if f.location in there]
        others = [self._not_found_before(self._rows(place), place) for place in there]
        values = self._values(vault, own, table) | self.person.tokenized.get(str(table.name), set())
        mine = vault.join(F.broadcast(relation(self.session, VALUE, values)), on=VALUE, how="left_semi")
        values -= self._values(mine, others, table)
        self.person.values |= {value for value in values if len(value) >= TELLING}
        rows = vault.join(F.broadcast(relation(self.session, VALUE, values)), on=VALUE, how="left_semi")
        tokens = frozenset(r[0] for r in rows.select(TOKEN).collect())
        is_token = F.col(f"t.{TOKEN}") == F.col(f"k.{KEY}")
        self.found.append(Found(f"vault of {table.name}", location, table, tokens, is_token, len(tokens), (VALUE,)))

    @staticmethod
    def _values(vault: DataFrame, shown: Sequence[DataFrame], table: Table) -> set[str]:
        """The values of a vault whose tokens stand in some rows of its table."""
        found: set[str] = set()
        for rows in shown:
            names = [c.name for c in table.tokenized if c.name in rows.columns]
            if names:
                tokens = rows.select(F.explode(F.array(*names)).alias(TOKEN))
                shown_here = vault.join(tokens, on=TOKEN, how="left_semi")
                found |= {r[0] for r in shown_here.select(VALUE).distinct().collect()}
        return found


def told_in(table: Table) -> str:
    """The text of a row in the quarantine, as SQL; of a topic with the bytes of the record, as far as they are text."""
    if not is_topic(table):
        return "t.row"
    parts = (f"CAST(try_to_binary(get_json_object(t.row, '$.{part}'), 'base64') AS STRING)" for part in BYTES)
    return f"concat_ws(' ', t.row, {', '.join(parts)})"


def is_topic(table: Table) -> bool:
    """Whether a table's rows are records of Kafka, which its quarantine keeps as their bytes."""
    return table.source is not None and table.source.type == KAFKA


def is_telling(key: str) -> bool:
    """Whether a key can be looked for in lines that were no rows."""
    return len(key) >= TELLING and key.isalnum()


def _text(way: Reach, column: ContractColumn) -> Column:
    """A column's value in the rows of a way's table, as text."""
    return F.expr(way.expression(column.name)).try_cast(column.clear_type).cast("string")
