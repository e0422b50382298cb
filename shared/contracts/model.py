"""What the rest of the house knows of a table: the contract, compiled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.contracts.column import Column
from shared.contracts.landed import LANDED_COLUMNS
from shared.contracts.treatment import Treatment
from shared.contracts.versions import IS_CURRENT, VALID_FROM, VALID_TO, History
from shared.landed_columns import RESCUED
from shared.serving import Target

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts.freshness import Freshness
    from shared.contracts.origin import Source
    from shared.contracts.program import Program
    from shared.contracts.readers import Reader
    from shared.contracts.retention import Retention
    from shared.names import TableName
    from shared.serving import ServedPath
    from shared.snowflake import SnowflakeTable


class Disposition(StrEnum):
    """How a batch meets the table (the contract's `writeDisposition`)."""

    APPEND = "append"
    SNAPSHOT = "snapshot"
    MERGE = "merge"
    REFRESH = "refresh"


class Kind(StrEnum):
    """Which room of `jobs/` makes the table."""

    INGESTED = "ingested"
    REFINED = "refined"
    BUILT = "built"


class Severity(StrEnum):
    """What a failed rule does: `error` quarantines a row or closes the gate, `warning` is counted."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """A rule on one row: `bad` is a Spark SQL predicate over the table's columns that holds for a bad row."""

    name: str
    bad: str
    severity: Severity


@dataclass(frozen=True, kw_only=True)
class TableRule:
    """A rule on the whole table: `query` gives one number, which must lie in [at_least, at_most].

    The query names the table `${table}`. A bound that is None is open. `negated` asks for the opposite.
    """

    name: str
    query: str
    severity: Severity
    at_least: float | None = None
    at_most: float | None = None
    negated: bool = False

    def holds(self, value: float) -> bool:
        """Whether a measured value satisfies the rule."""
        low = self.at_least is None or value >= self.at_least
        high = self.at_most is None or value <= self.at_most
        return (low and high) is not self.negated


@dataclass(frozen=True, kw_only=True)
class Query:
    """A SELECT beside a contract.

    `inputs` are the tables it reads; none when it reads only `batch`. `columns` are its columns, none when it selects
    all. `canonical` is the statement without its layout and comments.
    """

    sql: str
    inputs: tuple[TableName, ...]
    columns: tuple[str, ...] = ()
    canonical: str = ""
    needs_business_date: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table, from its contract.

    `columns` are the business columns in their order; `dropped` are columns that rules see and nobody stores.
    `reads_personal` says that an input lies in the place of personal data, `subject` that the key names a person.
    `apply_as_deletes` is a predicate over the input's row that holds for a delete; tombstones are kept for ever when
    `tombstone_retention_seconds` is None, and rows when `retention` is. A table with a `history` has one row per key
    and version instead of one per key. Of `flows`, which are inputs, the first one that has a key has its row.
    `business_name` is what its rows are called outside of the lake, `served_at` where the API gives them out,
    `published_to` the table of Snowflake that has them, too. `detokenizers` are the roles that may turn its tokens
    back, `freshness` says how old the table may be. One that `is_retired` is dropped without breaking a promise.
    """

    name: TableName
    kind: Kind
    version: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    disposition: Disposition
    dropped: tuple[Column, ...] = ()
    reads_personal: bool = False
    subject: str | None = None
    sequence_by: tuple[str, ...] = ()
    apply_as_deletes: str | None = None
    tombstone_retention_seconds: int | None = None
    history: History | None = None
    retention: Retention | None = None
    cluster_by: tuple[str, ...] = ()
    refresh_by: tuple[str, ...] = ()
    flows: tuple[TableName, ...] = ()
    source: Source | None = None
    inputs: tuple[TableName, ...] = ()
    query: Query | None = None
    program: Program | None = None
    row_rules: tuple[RowRule, ...] = ()
    table_rules: tuple[TableRule, ...] = ()
    domain: str | None = None
    readers: tuple[Reader, ...] = ()
    detokenizers: tuple[str, ...] = ()
    served_at: ServedPath | None = None
    published_to: SnowflakeTable | None = None
    business_name: str | None = None
    freshness: Freshness | None = None
    is_retired: bool = False
    # How other tools of the standard know the contract.
    id: str = field(default="", compare=False)
    file: Path = field(compare=False)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The Delta table's columns: the business columns, and what the engine adds to landed rows and to versions."""
        if self.kind is Kind.INGESTED:
            return self.columns + LANDED_COLUMNS
        return self.columns + (self._history_columns if self.history else ())

    @property
    def versions(self) -> Table:
        """The same table of versions, as one whose columns and key are those of its rows."""
        if self.history is None:
            return self
        key = (*self.primary_key, VALID_FROM)
        return replace(self, columns=self.all_columns, primary_key=key, history=None)

    @property
    def tracked_columns(self) -> tuple[str, ...]:
        """The columns whose change opens a version."""
        untracked = {*self.primary_key, *self.sequence_by, *(self.history.untracked if self.history else ())}
        return tuple(n for n in self.column_names if n not in untracked)

    @property
    def _history_columns(self) -> tuple[Column, ...]:
        moment = next(c.type for c in self.columns if c.name == self.sequence_by[0])
        return (
            Column(name=VALID_FROM, type=moment, required=True, description="When the version begins, inclusive."),
            Column(name=VALID_TO, type=moment, description="When it ends, exclusive; null for the current one."),
            Column(name=IS_CURRENT, type="boolean", required=True, description="Whether the version still holds."),
        )

    @property
    def column_names(self) -> tuple[str, ...]:
        """The business columns' names in their order."""
        return tuple(c.name for c in self.columns)

    @property
    def is_personal(self) -> bool:
        """Whether the table holds personal data as the source sent it, and so lies in the place of personal data."""
        return self.kind is Kind.INGESTED and any(c.is_closed for c in self.columns)

    @property
    def meets_personal(self) -> bool:
        """Whether personal values in clear pass by when the table is made."""
        return self.is_personal or self.reads_personal

    @property
    def closed_columns(self) -> tuple[str, ...]:
        """The columns that nobody is shown: personal ones, and on landed rows what no contract has classified yet."""
        return (*[c.name for c in self.columns if c.is_closed], RESCUED) if self.is_personal else ()

    @property
    def treated(self) -> tuple[Column, ...]:
        """The stored columns whose values are treated."""
        return tuple(c for c in self.columns if c.treatment)

    @property
    def tokenized(self) -> tuple[Column, ...]:
        """The columns of tokens, whose values the table's vault has."""
        return tuple(c for c in self.columns if c.treatment is Treatment.TOKENIZE)

    @property
    def targets(self) -> dict[Target, ServedPath | SnowflakeTable]:
        """Where the rows are published, and as what."""
        places = {Target.API: self.served_at, Target.SNOWFLAKE: self.published_to}
        return {target: place for target, place in places.items() if place}

    @property
    def foreign_keys(self) -> tuple[Column, ...]:
        """The columns whose values must be keys of another table."""
        return tuple(c for c in self.columns if c.parent)

    @property
    def depends_on(self) -> tuple[TableName, ...]:
        """The tables that must be up to date before this one: inputs, and parents of its foreign keys."""
        parents = [c.parent.table for c in self.foreign_keys if c.parent and c.parent.table != self.name]
        return tuple(dict.fromkeys([*self.inputs, *parents]))

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides the table's rows; words for people, layout and rules that warn do not count."""
        rules: tuple[RowRule | TableRule, ...] = (*self.row_rules, *self.table_rules)
        facts = {
            "name": self.name,
            "kind": self.kind,
            "columns": [(c.name, c.type, c.required, c.logic, c.format, c.parent) for c in self.columns],
            "primary_key": self.primary_key,
            "disposition": self.disposition,
            "sequence_by": self.sequence_by,
            "history": self.history,
            "deletes": (self.apply_as_deletes, self.tombstone_retention_seconds),
            "source": self.source,
            "inputs": self.inputs,
            "query": self.query and (self.query.canonical or self.query.sql),
            "rules": sorted(str(r) for r in rules if r.severity is Severity.ERROR),
        }
        treatments = [(c.name, c.type, c.required, c.logic, c.format, c.treatment) for c in self.dropped + self.treated]
        facts |= {"treatments": treatments} if treatments else {}
        facts |= {"program": self.program.fingerprint} if self.program else {}
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]
