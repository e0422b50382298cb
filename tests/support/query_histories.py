"""Random histories of a few small tables in DuckDB, and a built table that is refreshed by its rule."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot

from shared.contracts.model import Column, Disposition, Kind, Table
from shared.contracts.query import read_query
from shared.contracts.refresh import RefreshRule, derive_refresh_rule, view_of
from shared.contracts.refresh.spans import CalendarSpan
from shared.contracts.refresh.touched import BOTH, CHANGES
from shared.contracts.refresh.unique import has_unique_key
from shared.names import TableName

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = {
    "lines": {"id": "int", "order_id": "int", "qty": "int", "price": "int"},
    "orders": {"id": "int", "customer_id": "int", "day": "int", "currency": "string"},
    "customers": {"id": "int", "segment": "string", "region": "string"},
    "rates": {"id": "int", "currency": "string", "since": "int", "until": "int", "rate": "int"},
    "returns": {"id": "int", "line_id": "int", "qty": "int", "fee": "decimal(9,2)"},
    "visits": {"id": "int", "customer_id": "int", "day": "date", "seen_at": "timestamp"},
}
SIZES = {"lines": 12, "orders": 7, "customers": 5, "rates": 5, "returns": 4, "visits": 12}
TYPES = {
    "int": "INTEGER",
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "decimal(9,2)": "DECIMAL(9,2)",
}
# The view with an input's rows that can be in touched groups.
NEAR = "__near"
MOST_CHANGES = 3
STEPS = 3


def source(name: str) -> Table:
    """One of the small tables, as from a contract."""
    columns = tuple(Column(name=c, type=t, description="") for c, t in COLUMNS[name].items())
    return Table(
        name=TableName.parse(f"silver.{name}"),
        kind=Kind.REFINED,
        version="1.0.0",
        description="",
        grain="",
        columns=columns,
        primary_key=("id",),
        disposition=Disposition.MERGE,
        file=Path("source.odcs.yaml"),
    )


TABLES = {f"silver.{name}": source(name) for name in COLUMNS}


def kept(sql: str, *by: str) -> RefreshRule:
    """The refresh rule of a table that is a query over the small ones."""
    return derive_refresh_rule(built(sql, *by), TABLES)


def proven_keys(sql: str) -> list[tuple[str, ...]]:
    """The sets of a query's columns that are proven to be unique."""
    sets = chain.from_iterable(combinations(sorted(read_query(sql, "it.sql").columns), n) for n in range(4))
    return [columns for columns in sets if has_unique_key(built(sql, *columns), TABLES)]


def built(sql: str, *by: str) -> Table:
    """A table that is a query over the small ones, with some of its columns as groups and key."""
    query = read_query(sql, "gold/it.sql")
    return Table(
        name=TableName.parse("gold.it"),
        kind=Kind.BUILT,
        version="1.0.0",
        description="",
        grain="",
        columns=(),
        primary_key=by,
        disposition=Disposition.REFRESH,
        refresh_by=by,
        inputs=query.inputs,
        query=query,
        file=Path("it.odcs.yaml"),
    )


def _row(table: str, i: int, r: random.Random) -> tuple[Any, ...]:
    """A row with few different values, so that joins match, miss and meet nulls."""
    since = r.randrange(4)
    day = date(2025, 11, 24) + timedelta(days=r.choice([0, 1, 6, 7, 8, 36, 37, 38, 64, 400]))
    at = datetime(day.year, day.month, day.day, r.choice([0, 0, 12, 23]))  # noqa: DTZ001 - as Spark has it in UTC
    return {
        "lines": (i, r.choice([None, *range(8)]), r.randrange(3), r.randrange(4)),
        "orders": (i, r.choice([None, *range(6)]), r.randrange(5), r.choice(["USD", "JPY", None])),
        "customers": (i, r.choice(["a", "b", None]), r.choice(["n", "s"])),
        "rates": (i, r.choice(["USD", "JPY"]), since, since + r.randrange(4), r.randrange(1, 4)),
        "returns": (i, r.randrange(14), r.randrange(1, 3), r.choice([None, Decimal("1.00"), Decimal("2.50")])),
        "visits": (i, r.randrange(4), r.choice([day, day, day, None]), r.choice([at, at, at, None])),
    }[table]


@dataclass
class History:
    """A built table over inputs that change at random; `by_rule` refreshes it group by group."""

    sql: str
    rule: RefreshRule
    random: random.Random
    db: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    state: dict[str, dict[int, tuple[Any, ...]]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    near: str = ""

    def __post_init__(self) -> None:
        self.near, self.sql = self._over_views(NEAR), self._over_views("")
        self.read = [name.removeprefix("silver.") for name in self.rule.touched]
        for name in self.read:
            self.state[name] = {i: _row(name, i, self.random) for i in range(SIZES[name])}
            self._put(f"silver__{name}", name, list(self.state[name].values()))
        self.db.execute(f"CREATE TABLE kept AS {self.sql}")

    def step(self) -> None:
        """Change some of the inputs, and refresh the built table by its rule."""
        changed = [name for name in self.read if self._change(name)]
        parts = [
            sqlglot.transpile(sql, read="spark", write="duckdb")[0]
            for name, sql in self.rule.touched.items()
            if name.removeprefix("silver.") in changed
        ]
        if not parts:
            return
        self.db.execute(f"CREATE OR REPLACE TABLE touched AS SELECT DISTINCT * FROM ({' UNION '.join(parts)})")
        same = " AND ".join(f"x.{k} IS NOT DISTINCT FROM t.{k}" for k in self.rule.by)
        self.db.execute(f"DELETE FROM kept AS x WHERE EXISTS (SELECT 1 FROM touched AS t WHERE {same})")
        for name in self.read:
            met = " AND ".join(map(self._spanned, self.rule.spans.get(f"silver.{name}", ()))) or "TRUE"
            self.db.execute(f"CREATE OR REPLACE TABLE silver__{name}{NEAR} AS FROM silver__{name} WHERE {met}")
        again = f"SELECT x.* FROM ({self.near}) AS x WHERE EXISTS (SELECT 1 FROM touched AS t WHERE {same})"
        self.db.execute(f"INSERT INTO kept {again}")

    def differences(self) -> list[tuple[Any, ...]]:
        """Rows that are in the refreshed table and not in a rebuilt one, or vice versa."""
        return self.db.execute(
            f"(SELECT 'too much', * FROM (FROM kept EXCEPT ALL ({self.sql}))) "
            f"UNION ALL (SELECT 'missing', * FROM (({self.sql}) EXCEPT ALL FROM kept))"
        ).fetchall()

    def doubled(self, keys: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The sets of columns in which two rows of the query are equal."""
        found = []
        for key in keys:
            columns = ", ".join(f'"{c}"' for c in key) or "true"
            alike = f"SELECT 1 FROM ({self.sql}) GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"
            found += [key] if self.db.execute(alike).fetchone() else []
        return found

    def _over_views(self, suffix: str) -> str:
        tree = sqlglot.parse_one(self.sql, dialect="spark")
        for table in list(tree.find_all(sqlglot.exp.Table)):
            if table.db:
                view = sqlglot.exp.to_table(view_of(TableName.parse(f"silver.{table.name}")) + suffix)
                table.replace(sqlglot.exp.alias_(view, table.alias or table.name, table=True))
        return tree.sql(dialect="duckdb")

    def _spanned(self, span: CalendarSpan) -> str:
        """The rows that a span selects, or all if no group has a value."""
        by = f'"{span.by}"'
        seen = self.db.execute(f"SELECT min({by}), max({by}), bool_or({by} IS NULL) FROM touched").fetchone()
        low, high, nulls = seen or (None, None, None)
        if low is None:
            return "TRUE"
        end = f"DATE '{high}' + INTERVAL {span.months} MONTH + INTERVAL {span.days} DAY"
        within = f'("{span.column}" >= DATE \'{low}\' AND "{span.column}" < {end})'
        return f'({within} OR "{span.column}" IS NULL)' if nulls else within

    def _change(self, name: str) -> bool:
        old = self.state[name]
        new = dict(old)
        for _ in range(self.random.randrange(MOST_CHANGES)):
            i = self.random.randrange(SIZES[name] + 3)
            if self.random.random() < 0.4:
                new.pop(i, None)
            else:
                new[i] = _row(name, i, self.random)
        self.state[name] = new
        if old == new:
            self._put(f"silver__{name}{BOTH}", name, list(new.values()))
            return False
        # Columns that the query does not read are hidden from its rule.
        before, after = (Counter(self._as_read(name, row) for row in rows.values()) for rows in (old, new))
        gone, came = list(before - after), list(after - before)
        self._put(f"silver__{name}", name, list(new.values()))
        self._put(f"silver__{name}{CHANGES}", name, [*gone, *came])
        self._put(f"silver__{name}{BOTH}", name, [*after.elements(), *gone])
        return True

    def _as_read(self, name: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
        read = self.rule.columns[f"silver.{name}"]
        return tuple(value if column in read else None for column, value in zip(COLUMNS[name], row, strict=True))

    def _put(self, view: str, name: str, rows: list[tuple[Any, ...]]) -> None:
        columns = ", ".join(f"{c} {TYPES[t]}" for c, t in COLUMNS[name].items())
        statements = [f"CREATE OR REPLACE TABLE {view} ({columns})"]
        if rows:
            values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
            statements.append(f"INSERT INTO {view} VALUES {values}")
        self.db.execute("; ".join(statements))


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, date | Decimal) else repr(value)
