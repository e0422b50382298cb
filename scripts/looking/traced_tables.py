"""Finds the rows of a trace in each table, and keeps them side by side in one DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.looking.findings import Finding, What, of_refused, of_row
from scripts.looking.keys import duckdb_type
from scripts.looking.relations import Relations, quoted
from shared.contracts import Kind
from shared.landed_columns import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripts.looking.lake import Lake
    from scripts.looking.links import Link
    from shared.contracts import Table

# The maximum number of rows of one table that are shown and followed further.
MOST = 1000


@dataclass(frozen=True)
class TracedTable:
    """What is known of one table so far.

    Attributes:
        table: The contract.
        relation: The relation in DuckDB that has its rows, or only their keys.
        columns: The columns of that relation.
        has_rows: Whether the relation has rows rather than keys.
    """

    table: Table
    relation: str
    columns: tuple[str, ...]
    has_rows: bool


class TracedTables:
    """Looks up rows of one table by what is known of another, and keeps what it finds."""

    def __init__(self, lake: Lake) -> None:
        self.lake, self.relations = lake, Relations()
        self.findings: list[Finding] = []

    def ask(self, table: Table, key: Mapping[str, str]) -> TracedTable:
        """Look for the rows with a key."""
        types = {name: duckdb_type(table, name) for name in key}
        values = ", ".join(f"CAST(? AS {types[name]}) AS {quoted(name)}" for name in key)
        self._keep(_keys(table), f"SELECT {values}", list(key.values()))
        return self._look(table, types, "asked for " + ", ".join(f"{name} = {value}" for name, value in key.items()))

    def go_up(self, place: TracedTable, link: Link) -> TracedTable:
        """Look for the rows of an input from which rows of a table were made."""
        values = {p.earlier: _cast(p.later, duckdb_type(link.earlier, p.earlier)) for p in link.pairs}
        self._derive(place, link.earlier, values)
        return self._look(link.earlier, {p.earlier: duckdb_type(link.later, p.later) for p in link.pairs}, f"by {link}")

    def go_down(self, place: TracedTable, link: Link, *, silently: bool = False) -> TracedTable:
        """Look for the rows that were made from rows of a table, or that have its key.

        Args:
            place: What is known of that table.
            link: Where to look, and by which columns.
            silently: Leave no note if there is no such row.
        """
        types = {p.later: duckdb_type(link.later, p.later) for p in link.pairs}
        self._derive(place, link.later, {p.later: _cast(p.earlier, types[p.later]) for p in link.pairs})
        return self._look(link.later, types, f"by {link}", silently=silently)

    def note(self, table: Table, text: str, via: str) -> None:
        """Keep a note about a table."""
        self.findings.append(Finding(table=str(table.name), what=What.NOTE, via=via, note=text))

    def _derive(self, place: TracedTable, target: Table, values: Mapping[str, str]) -> None:
        columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in values.items())
        self._keep(_keys(target), f"SELECT DISTINCT {columns} FROM {place.relation}")

    def _keep(self, name: str, select: str, parameters: Sequence[object] = ()) -> None:
        self.relations.rows(f"CREATE TEMP TABLE {name} AS {select}", parameters)

    def _look(self, table: Table, types: Mapping[str, str], via: str, *, silently: bool = False) -> TracedTable:
        """Find the rows that have one of the table's derived keys, in the table and in its quarantine.

        Args:
            table: The table.
            types: The columns of the derived keys, and the type to compare each in.
            via: How the table was reached.
            silently: Leave no note if there is no such row.
        """
        self._look_in_quarantine(table, types, via)
        keys_alone = TracedTable(table, _keys(table), tuple(types), has_rows=False)
        found = self.lake.table(table.name)
        if found is None:
            self.note(table, "is not there yet", via)
            return keys_alone
        if lacking := set(types) - {column.name for column in found.schema().fields}:
            self.note(table, f"lacks {', '.join(sorted(lacking))} of its contract", via)
            return keys_alone
        view = self.relations.open(str(table.name.layer), table.name.table, found, self.lake.masked(table.name))
        same = " AND ".join(f"{_cast(n, type_, 't')} = {_cast(n, type_, 'k')}" for n, type_ in types.items())
        order = [*([SEQUENCE] if table.kind is Kind.INGESTED else []), *table.primary_key]
        self._keep(
            _rows(table),
            f"SELECT t.* FROM {view} AS t SEMI JOIN {_keys(table)} AS k ON {same} "
            f"ORDER BY {', '.join(quoted(name) for name in order)} LIMIT {MOST + 1}",
        )
        rows = self.relations.rows(f"FROM {_rows(table)}")
        self.findings += [of_row(table, via, row) for row in rows[:MOST]]
        if len(rows) > MOST:
            self.note(table, f"has more such rows; the first {MOST:,} are shown and followed", via)
        if not rows:
            if not silently:
                self.note(table, "has no such row", via)
            return keys_alone
        return TracedTable(table, _rows(table), tuple(rows[0]), has_rows=True)

    def _look_in_quarantine(self, table: Table, types: Mapping[str, str], via: str) -> None:
        refused = self.lake.quarantine(table.name)
        if refused is None:
            return
        view = self.relations.open("quarantine", str(table.name), refused, self.lake.masked_in_quarantine(table.name))
        if table.kind is Kind.INGESTED:
            [[count]] = self.relations.connection.execute(f"SELECT count(*) FROM {view}").fetchall()
            counted = "1 row" if count == 1 else f"{count:,} rows"
            text = f"has refused {counted} that could not be read, and so without a key"
            self.note(table, f"{text}: see ./lake quarantine {table.name}", via)
            return
        in_key = {n: type_ for n, type_ in types.items() if n in table.primary_key}
        if not in_key:
            return
        same = " AND ".join(
            f"TRY_CAST(json_extract_string(q.row_key, '$.{n}') AS {type_}) = {_cast(n, type_, 'k')}"
            for n, type_ in in_key.items()
        )
        rows = self.relations.rows(
            f"SELECT q.* FROM {view} AS q SEMI JOIN {_keys(table)} AS k ON {same} ORDER BY batch, row_key LIMIT {MOST}"
        )
        self.findings += [of_refused(table, via, row) for row in rows]


def _keys(table: Table) -> str:
    return quoted(f"keys of {table.name}")


def _rows(table: Table) -> str:
    return quoted(f"rows of {table.name}")


def _cast(name: str, type_: str, alias: str = "") -> str:
    return f"TRY_CAST({alias}{'.' if alias else ''}{quoted(name)} AS {type_})"
