"""Random rows for any table, from its contract alone: few values, and the same ones everywhere, so that joins match."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.contracts import Column, RowRule, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_DAY = date(2011, 6, 1)
KEYS, DAYS, FEW = 14, 9, 4
WORDS = ("USD", "JPY", "GBP")


def sample_key(table: Table, r: random.Random) -> tuple[Any, ...]:
    """One of the possible keys of a table."""
    return tuple(_value(_column(table, name), table.row_rules, r, is_key=True) for name in table.primary_key)


def sample_row(table: Table, key: tuple[Any, ...], r: random.Random) -> tuple[Any, ...]:
    """A row with that key and random other columns; a nullable column is null now and then."""
    given = dict(zip(table.primary_key, key, strict=True))
    return tuple(
        given[c.name] if c.name in given else _value(c, table.row_rules, r, is_key=bool(c.parent))
        for c in table.all_columns
    )


def all_keys(table: Table, r: random.Random) -> list[tuple[Any, ...]]:
    """Most of the possible keys of a table, each once."""
    return sorted({sample_key(table, r) for _ in range(3 * KEYS)}, key=str)


def _column(table: Table, name: str) -> Column:
    return next(c for c in table.columns if c.name == name)


def _value(column: Column, rules: Iterable[RowRule], r: random.Random, *, is_key: bool) -> Any:
    if not column.required and not is_key and r.random() < 0.15:
        return None
    kind = column.type.partition("(")[0].partition("<")[0]
    if kind == "string":
        return r.choice(_words(column, rules))
    day = FIRST_DAY + timedelta(days=r.randrange(DAYS))
    of_kind = {
        "date": day,
        "timestamp": datetime(day.year, day.month, day.day, r.randrange(24), tzinfo=UTC),
        "boolean": r.random() < 0.5,
        "decimal": Decimal(r.choice(("0.1", "0.2", "0.5", "0.9"))),
        "double": r.choice((0.25, 0.5, 2.0)),
        "float": r.choice((0.25, 0.5, 2.0)),
        "array": [],
        "binary": b"x",
    }
    return of_kind[kind] if kind in of_kind else r.randrange(1, KEYS if is_key or column.name.endswith("_id") else FEW)


def _words(column: Column, rules: Iterable[RowRule]) -> list[str]:
    """The texts in the table's rules, since a query may select one of them; else three that all columns share."""
    spoken = [
        w for rule in rules if re.search(rf"\b{column.name}\b", rule.bad) for w in re.findall(r"'(\w+)'", rule.bad)
    ]
    return sorted(set(spoken)) or list(WORDS)
