"""Asks a database for the figures of a table, and for the hashes of its keys: the statements, and who runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from jobs.ingest.asking import BETWEEN, DIGITS, MOST_KEYS, Figures
from jobs.ingest.reading import source_of
from jobs.ingest.sql_window import span_condition
from shared.contracts.numbers import is_integer, scale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.ingest.asking import Span
    from shared.contracts import Source, Table
    from shared.jobs import Job

HEXADECIMAL = "0123456789abcdef"


@dataclass(frozen=True)
class Dialect:
    """How a database writes names, timestamps as a literal's type, and a timestamp as text; and Spark the same text."""

    quoted: Callable[[str], str]
    timestamp: str
    timestamp_text: str
    timestamp_text_in_spark: str


class SqlAsker(ABC):
    """Asks one kind of database; an Asker. Rows are told apart by key and summed columns alone.

    That is because bronze keeps a row that was sent twice once, and a database may have no keys that hold.
    """

    dialect: ClassVar[Dialect]
    cursor_type = None

    @abstractmethod
    def place(self, source: Source) -> str:
        """The table as a statement names it."""

    @abstractmethod
    def rows(self, source: Source, job: Job, statement: str, asked: str) -> Sequence[Sequence[str | None]]:
        """The rows of a statement; `asked` is what errors say of it."""

    def deleted(self, table: Table) -> str | None:  # noqa: ARG002 - as every asker does it
        """None: a row that is deleted is in no database any more."""
        return None

    def key_text(self, name: str, type_: str) -> str | None:
        """The text of a key's column in Spark, as the database makes it; None for types that have none."""
        if type_ == "timestamp":
            return self.dialect.timestamp_text_in_spark.format(f"`{name}`")
        return f"CAST(`{name}` AS STRING)" if self._text(name, type_) else None

    def summed(self, table: Table) -> dict[str, int]:
        """The numbers of a table that are no part of its key; sums of what is personal would tell of the few."""
        open_ = [c for c in table.columns if c.name not in table.primary_key and not c.is_closed]
        return {c.name: scale for c in open_ if (scale := scale_of(c.type)) is not None}

    def figures(self, table: Table, job: Job, span: Span) -> Figures:
        """The count, the checksum of the keys and the sums, as one row."""
        [row] = self._answer(table, job, self.figures_statement(table, span))
        has_keys = self._hash(table) is not None
        sums = [None if text is None else Decimal(text) for text in row[1 + has_keys :]]
        keys = int(row[1] or 0) if has_keys else None
        return Figures(rows=int(row[0] or 0), keys=keys, sums=dict(zip(self.summed(table), sums, strict=True)))

    def keys(self, table: Table, job: Job, span: Span) -> set[str]:
        """The hashes of the keys in a span; none where the database cannot work them out."""
        if (hashed := self._hash(table)) is None:
            return set()
        statement = f"SELECT DISTINCT {hashed} FROM {self._from(table, span)} LIMIT {MOST_KEYS}"
        return {str(row[0]) for row in self._answer(table, job, statement)}

    def figures_statement(self, table: Table, span: Span) -> str:
        """The statement for the figures of a span, each as text, so that none is rounded on the way."""
        quoted, scales, hashed = self.dialect.quoted, self.summed(table), self._hash(table)
        keys = [f"{hashed} AS k"] if hashed else [quoted(name) for name in table.primary_key]
        told = [
            "COUNT(*)",
            *([f"SUM(CAST({_number()} AS DECIMAL(38, 0)))"] if hashed else []),
            *[f"SUM(CAST({quoted(name)} AS DECIMAL(38, {scale})))" for name, scale in scales.items()],
        ]
        rows = f"SELECT DISTINCT {', '.join([*keys, *map(quoted, scales)])} FROM {self._from(table, span)}"
        return f"SELECT {', '.join(f'CAST({t} AS VARCHAR)' for t in told)} FROM ({rows}) AS t"

    def _answer(self, table: Table, job: Job, statement: str) -> Sequence[Sequence[str | None]]:
        source = source_of(table)
        return self.rows(source, job, statement, f"{table.name}: {source.system}, {source.place}, its figures")

    def _from(self, table: Table, span: Span) -> str:
        condition = span_condition(table, span, quoted=self.dialect.quoted, timestamp=self.dialect.timestamp)
        return self.place(source_of(table)) + (f" WHERE {condition}" if condition else "")

    def _hash(self, table: Table) -> str | None:
        """The MD5 of a row's key; null parts are empty. None where a part has no text that is the same everywhere."""
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
    places = [(i + 1, 16 ** (DIGITS - 1 - i)) for i in range(DIGITS)]
    return " + ".join(f"(POSITION(SUBSTRING(k, {at}, 1) IN '{HEXADECIMAL}') - 1) * {worth}" for at, worth in places)
