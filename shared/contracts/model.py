"""A table as the engine knows it: its contract, compiled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.contracts.column import Column
from shared.contracts.landed import LANDED_COLUMNS
from shared.contracts.rule_model import Severity
from shared.contracts.treatment import Treatment
from shared.contracts.versions import IS_CURRENT, VALID_FROM, VALID_TO, History
from shared.landed_columns import RESCUED
from shared.serving import Target

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts.freshness import Freshness
    from shared.contracts.program import Program
    from shared.contracts.readers import Reader
    from shared.contracts.retention import Retention
    from shared.contracts.rule_model import RowRule, TableRule
    from shared.contracts.source_model import Source
    from shared.names import TableName
    from shared.serving import ServedPath
    from shared.snowflake import SnowflakeTable


class Disposition(StrEnum):
    """How a batch is written to the table (the contract's `writeDisposition`)."""

    APPEND = "append"
    SNAPSHOT = "snapshot"
    MERGE = "merge"
    REFRESH = "refresh"


class Kind(StrEnum):
    """Which step makes the table."""

    INGESTED = "ingested"
    REFINED = "refined"
    BUILT = "built"


@dataclass(frozen=True, kw_only=True)
class Query:
    """The SELECT of a table.

    Attributes:
        sql: The statement.
        inputs: The tables it reads; none if it reads only `batch`.
        columns: Its columns; none if it selects all.
        canonical: The words of the statement, without layout, comments and the letter case of keywords.
        needs_business_date: Whether it reads `business_date`.
    """

    sql: str
    inputs: tuple[TableName, ...]
    columns: tuple[str, ...] = ()
    canonical: str = ""
    needs_business_date: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table, from its contract.

    Attributes:
        name: The full name.
        kind: Which step makes it.
        version: The contract's version.
        description: What the table is for.
        grain: What one row is.
        columns: The business columns in their order.
        primary_key: The columns of the key.
        disposition: How a batch is written to it.
        dropped: Columns that rules see and that are not stored.
        reads_personal: Whether an input is in the place of personal data.
        subject: The key, if it names a person.
        sequence_by: The columns that order the versions of a key.
        apply_as_deletes: The predicate over a row of the input that holds for a delete.
        tombstone_retention_seconds: How long tombstones are kept; None is for ever.
        history: How versions are kept, one row for each key and version; None is one row per key.
        retention: How long rows are kept, and of a landed table older snapshots; None is for ever.
        cluster_by: The columns that Delta clusters the files by.
        refresh_by: The columns whose values group the rows that are refreshed together.
        flows: Inputs of which, for each key, the first that has it gives the row.
        source: Where the rows of a bronze table come from.
        inputs: The tables it is made of.
        query: The SELECT that makes it.
        program: The Python that makes it.
        row_rules: The rules on single rows.
        table_rules: The rules on the whole table.
        domain: The business domain.
        readers: The roles that may read it.
        detokenizers: The roles that may turn its tokens back into values.
        served_at: Where the API serves its rows.
        published_to: The table of Snowflake that gets its rows.
        business_name: What its rows are called outside of the lake.
        freshness: How old it may be.
        is_retired: Whether readers know that it goes, so that dropping it breaks no promise.
        id: How other tools of the standard know the contract.
        file: The contract's file.
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
    id: str = field(default="", compare=False)
    file: Path = field(compare=False)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The Delta table's columns: the business columns, and those the engine adds to landed rows and versions."""
        if self.kind is Kind.INGESTED:
            return self.columns + LANDED_COLUMNS
        return self.columns + (self._history_columns if self.history else ())

    @property
    def versions(self) -> Table:
        """A history as its rows are stored, with version columns and `valid_from` in the key; else the table itself."""
        if self.history is None:
            return self
        key = (*self.primary_key, VALID_FROM)
        return replace(self, columns=self.all_columns, primary_key=key, history=None)

    @property
    def tracked_columns(self) -> tuple[str, ...]:
        """The columns whose change begins a new version."""
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
        """Whether the table holds personal data as the source sent it, and so is in the place of personal data."""
        return self.kind is Kind.INGESTED and any(c.is_closed for c in self.columns)

    @property
    def meets_personal(self) -> bool:
        """Whether personal values in clear are read or written when the table is made."""
        return self.is_personal or self.reads_personal

    @property
    def closed_columns(self) -> tuple[str, ...]:
        """The columns of a personal table that nobody is shown; `_rescued` too, since it is not classified yet."""
        return (*[c.name for c in self.columns if c.is_closed], RESCUED) if self.is_personal else ()

    @property
    def treated(self) -> tuple[Column, ...]:
        """The stored columns whose values are treated."""
        return tuple(c for c in self.columns if c.treatment)

    @property
    def tokenized(self) -> tuple[Column, ...]:
        """The columns with tokens, whose values are in the table's vault."""
        return tuple(c for c in self.columns if c.treatment is Treatment.TOKENIZE)

    @property
    def targets(self) -> dict[Target, ServedPath | SnowflakeTable]:
        """Where the rows are published: the path of the API, the table of Snowflake."""
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
        """A hash of all that decides the table's rows, without texts for people, layout and rules that only warn."""
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
