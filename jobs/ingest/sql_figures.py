"""The SQL for the figures of a table and the hashes of its keys, for any database with a Dialect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from jobs.ingest.reading import source_of
from jobs.ingest.source_figures import BETWEEN, DIGITS, MOST_KEYS, Figures
from jobs.ingest.sql_window import span_condition
from shared.contracts.numbers import is_integer, scale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.ingest.source_figures import CursorSpan
    from shared.contracts import Source, Table
    from shared.jobs import Job

HEXADECIMAL = "0123456789abcdef"
# What a row's hash is called; no column of a contract begins like that.
HASH = "_key"


@dataclass(frozen=True)
class Dialect:
    """What differs between databases.

    Attributes:
        quoted: Quotes an identifier.
        timestamp: The type of timestamps without a zone, for literals.
        timestamp_text: The expression for a timestamp's text, with `{}` for the column.
        timestamp_text_in_spark: The expression that gives the same text in Spark.
    """

    quoted: Callable[[str], str]
    timestamp: str
    timestamp_text: str
    timestamp_text_in_spark: str


class SqlFiguresReader(ABC):
    """A FiguresReader for one kind of database.

    It counts distinct combinations of key and summed columns, not rows: bronze keeps a row once however often it was
    sent, and a database may not enforce its keys.
    """

    dialect: ClassVar[Dialect]
    cursor_type = None

    @abstractmethod
    def place(self, source: Source) -> str:
        """The table as a statement names it."""

    @abstractmethod
    def rows(self, source: Source, job: Job, statement: str, error_context: str) -> Sequence[Sequence[str | None]]:
        """The rows of a statement; errors begin with `error_context`."""

    def deleted(self, table: Table) -> str | None:  # noqa: ARG002 - the signature of FiguresReader
        """None: a database no longer has a row that was deleted."""
        return None

    def key_text(self, name: str, type_: str) -> str | None:
        """Spark SQL for a key column's text, as the database writes it; None for types without such a text."""
        if type_ == "timestamp":
            return self.dialect.timestamp_text_in_spark.format(f"`{name}`")
        return f"CAST(`{name}` AS STRING)" if self._text(name, type_) else None

    def summed(self, table: Table) -> dict[str, int]:
        """The numeric columns outside of the key, without personal ones: a sum over few rows would reveal them."""
        open_ = [c for c in table.columns if c.name not in table.primary_key and not c.is_closed]
        return {c.name: scale for c in open_ if (scale := scale_of(c.type)) is not None}

    def figures(self, table: Table, job: Job, span: CursorSpan) -> Figures:
        """The count, the checksum of the keys and the sums, as one row."""
        [row] = self._answer(table, job, self.figures_statement(table, span))
        has_keys = self._hash(table) is not None
        sums = [None if text is None else Decimal(text) for text in row[1 + has_keys :]]
        keys = int(row[1] or 0) if has_keys else None
        return Figures(rows=int(row[0] or 0), keys=keys, sums=dict(zip(self.summed(table), sums, strict=True)))

    def keys(self, table: Table, job: Job, span: CursorSpan) -> set[str]:
        """The hashes of the keys in a span; none where the database cannot compute them."""
        if (hashed := self._hash(table)) is None:
            return set()
        statement = f"SELECT DISTINCT {hashed} FROM {self._from(table, span)} LIMIT {MOST_KEYS}"
        return {str(row[0]) for row in self._answer(table, job, statement)}

    def figures_statement(self, table: Table, span: CursorSpan) -> str:
        """The statement for the figures of a span, each cast to text, so that none is rounded on the way."""
        quoted, scales, hashed = self.dialect.quoted, self.summed(table), self._hash(table)
        keys = [f"{hashed} AS {HASH}"] if hashed else [quoted(name) for name in table.primary_key]
        figures = [
            "COUNT(*)",
            *([f"SUM(CAST({_number()} AS DECIMAL(38, 0)))"] if hashed else []),
            *[f"SUM(CAST({quoted(name)} AS DECIMAL(38, {scale})))" for name, scale in scales.items()],
        ]
        rows = f"SELECT DISTINCT {', '.join([*keys, *map(quoted, scales)])} FROM {self._from(table, span)}"
        return f"SELECT {', '.join(f'CAST({f} AS VARCHAR)' for f in figures)} FROM ({rows}) AS t"

    def _answer(self, table: Table, job: Job, statement: str) -> Sequence[Sequence[str | None]]:
        source = source_of(table)
        return self.rows(source, job, statement, f"{table.name}: {source.system}, {source.place}, its figures")

    def _from(self, table: Table, span: CursorSpan) -> str:
        condition = span_condition(table, span, quoted=self.dialect.quoted, timestamp=self.dialect.timestamp)
        return self.place(source_of(table)) + (f" WHERE {condition}" if condition else "")

    def _hash(self, table: Table) -> str | None:
        """The MD5 of a row's key, with null as the empty text; None where a column's text differs between systems."""
        types = {c.name: c.type for c in table.columns}
        texts = [self._text(name, types[name]) for name in table.primary_key]
        if None in texts:
            return None
        joined = f" || '{BETWEEN}' || ".join(f"COALESCE({text}, '')" for text in texts)
        return f"MD5({joined})"

    def _text(self, name: str, type_: str) -> str | None:
        column = self.dialect.quoted(name)
        if type_ == "string":
            return f"CAST({column} AS VARCHAR)"
        if type_ == "date":
            return f"TO_CHAR({column}, 'YYYY-MM-DD')"
        if type_ == "timestamp":
            return self.dialect.timestamp_text.format(column)
        if is_integer(type_):
            return f"CAST(CAST({column} AS DECIMAL(38, 0)) AS VARCHAR)"
        return f"CAST(CAST({column} AS {type_.upper()}) AS VARCHAR)" if scale_of(type_) is not None else None


def _number() -> str:
    """The first hexadecimal digits of a hash as a number, by functions that every database has."""
    places = [(f"SUBSTRING({HASH}, {i + 1}, 1)", 16 ** (DIGITS - 1 - i)) for i in range(DIGITS)]
    return " + ".join(f"(POSITION({digit} IN '{HEXADECIMAL}') - 1) * {worth}" for digit, worth in places)
