"""The suppression lists of bronze tables: erased people whom a source goes on sending must not come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pyspark.sql import functions as F

from jobs.runtime.files import read_text, write_text
from jobs.runtime.pii_keys import BETWEEN, INNER, OUTER, read_pii_keys
from jobs.runtime.relation import relation
from shared.erasure import suppression_location

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
    """
    entries = _read(flow.job.pii_root, flow.table.name)
    if not entries:
        return rows
    keys = read_pii_keys(flow.job.env)
    for entry in entries:
        for version in sorted({h.partition(BETWEEN)[0] for h in entry.hashes}):
            rows = _without(rows, entry, keys.of_version(version))
    return rows


def has_suppressed(pii_root: str, table: TableName) -> bool:
    """Whether a bronze table has a suppression list, and so may lack rows that its source has."""
    return bool(_read(pii_root, table))


def erased_hash(keys: PiiKeys, value: str) -> str:
    """The hash that stands for a value on a list."""
    return keys.hash(ERASED + value)


def _without(rows: DataFrame, entry: Suppressed, keys: PiiKeys) -> DataFrame:
    value = F.expr(entry.expression).try_cast(entry.type).cast("string")
    hashed = keys.beside(rows).withColumn(HASH, keys.hashed(F.concat(F.lit(ERASED), value)))
    erased = relation(rows.sparkSession, HASH, entry.hashes)
    return hashed.join(F.broadcast(erased), on=HASH, how="left_anti").drop(HASH, INNER, OUTER)


def _read(pii_root: str, table: TableName) -> tuple[Suppressed, ...]:
    text = read_text(suppression_location(pii_root, table))
    return LIST.validate_python(json.loads(text)) if text else ()
