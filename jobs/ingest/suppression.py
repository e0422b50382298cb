"""The suppression lists of bronze tables: erased people whom a source goes on sending must not come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pyspark.sql import functions as F

from jobs.runtime.files import read_text, write_text
from jobs.runtime.pii_keys import BETWEEN, INNER, OUTER, read_pii_keys
from jobs.runtime.relation import relation
from shared.contracts.document import short_name
from shared.contracts.expression import unknown_columns
from shared.erasure import suppression_location
from shared.errors import ContractError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow
    from jobs.runtime.pii_keys import PiiKeys
    from shared.names import TableName

# Keeps these hashes apart from those of the treatment `hmac`: a hash in silver must not show that a value was erased.
ERASED = "erased:"
HASH = "_erased_hash"


class Suppressed(BaseModel):
    """One entry of a list: a row is suppressed if `expression`, cast to `type`, hashes to one of `hashes`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expression: str
    type: str
    hashes: tuple[str, ...]


LIST = TypeAdapter(tuple[Suppressed, ...])


def suppress(pii_root: str, table: TableName, expression: str, type_: str, hashes: set[str]) -> None:
    """Add hashes of one expression to a bronze table's list."""
    known = {(s.expression, s.type): set(s.hashes) for s in _read(pii_root, table)}
    known[expression, type_] = known.get((expression, type_), set()) | hashes
    entries = [Suppressed(expression=e, type=t, hashes=tuple(sorted(h))) for (e, t), h in sorted(known.items())]
    write_text(suppression_location(pii_root, table), LIST.dump_json(tuple(entries), indent=1).decode())


def is_suppressed(pii_root: str, table: TableName, keys: PiiKeys, value: str) -> bool:
    """Whether a value is on a bronze table's list, hashed with any version of the key."""
    hashes = {h for entry in _read(pii_root, table) for h in entry.hashes}
    return any(erased_hash(keys.of_version(version), value) in hashes for version in keys.versions)


def unsuppressed(flow: Flow, rows: DataFrame) -> DataFrame:
    """Leave out the rows of people who were erased; they count as superseded.

    Grain: one row in, at most one row out. The key of personal data is read only where the table has a list.

    Returns:
        The rows. `rows` itself, the same object, where the table has no list: the ingest flow tells by that whether
        it has to count.

    Raises:
        ContractError: the list asks for a column that the table no longer has under any name.
    """
    entries = _read(flow.job.pii_root, flow.table.name)
    if not entries:
        return rows
    keys = read_pii_keys(flow.job.env)
    # A list of before a renaming knows the old name.
    names = [(c.renamed_from, c.name) for c in flow.table.columns]
    former = {old: F.col(new) for old, new in names if old and old not in rows.columns}
    rows = rows.withColumns(former)
    _refuse_missing(flow, entries, rows)
    for entry in entries:
        for version in sorted({h.partition(BETWEEN)[0] for h in entry.hashes}):
            rows = _without(rows, entry, keys.of_version(version))
    return rows.drop(*former)


def has_suppressed(pii_root: str, table: TableName) -> bool:
    """Whether a bronze table has a suppression list, and so may lack rows that its source has."""
    return bool(_read(pii_root, table))


def erased_hash(keys: PiiKeys, value: str) -> str:
    """The hash that stands for a value on a list."""
    return keys.hash(ERASED + value)


def _refuse_missing(flow: Flow, entries: tuple[Suppressed, ...], rows: DataFrame) -> None:
    """Refuse to go on where the list cannot tell any more whose a row is."""
    missing = sorted({name for entry in entries for name in unknown_columns(entry.expression, rows.columns)})
    if missing:
        raise ContractError(
            f"{short_name(flow.table.file)}:1: erased people of {flow.table.name} are known by what it no longer has",
            given=f"{', '.join(missing)}, in {suppression_location(flow.job.pii_root, flow.table.name)}",
            expected=f"expressions over its columns: {', '.join(flow.table.column_names)}",
            mend="say renamedFrom on the column that it is now, or write its name into the list",
        )


def _without(rows: DataFrame, entry: Suppressed, keys: PiiKeys) -> DataFrame:
    value = F.expr(entry.expression).try_cast(entry.type).cast("string")
    hashed = keys.beside(rows).withColumn(HASH, keys.hashed(F.concat(F.lit(ERASED), value)))
    erased = relation(rows.sparkSession, HASH, entry.hashes)
    return hashed.join(F.broadcast(erased), on=HASH, how="left_anti").drop(HASH, INNER, OUTER)


def _read(pii_root: str, table: TableName) -> tuple[Suppressed, ...]:
    text = read_text(suppression_location(pii_root, table))
    return LIST.validate_python(json.loads(text)) if text else ()
