"""UNLOAD as in Redshift: writes the rows of a SELECT as Parquet files under a prefix, and a manifest of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pg8000.native import Connection

TEXT = r"'((?:[^'\\]|''|\\.)*)'"
STATEMENT = re.compile(
    rf"UNLOAD \({TEXT}\) TO {TEXT} IAM_ROLE {TEXT} FORMAT PARQUET MANIFEST VERBOSE(?: KMS_KEY_ID {TEXT} ENCRYPTED)?",
    re.DOTALL,
)
# Each slice of a cluster writes its own files.
SLICES = 2
NUMERIC = 1700
WIDEST = 38
HEADER_OF_MODIFIER = 4


class UnloadError(Exception):
    """Redshift's error for an UNLOAD that it cannot carry out."""


@dataclass(frozen=True)
class Unload:
    """The parts of an UNLOAD. On this machine the prefix is a folder."""

    select: str
    prefix: str
    role: str

    @classmethod
    def parse(cls, sql: str) -> Unload:
        """Parse a statement.

        Raises:
            UnloadError: it is not an UNLOAD in the one form that is supported here.
        """
        found = STATEMENT.fullmatch(sql.strip())
        if not found:
            raise UnloadError(f'ERROR: syntax error at or near "{sql[:20]}"')
        select, prefix, role = (_unescaped(part) for part in found.groups()[:3])
        return cls(select, prefix, role)

    def carry_out(self, connection: Connection) -> int:
        """Write the files, then the manifest, and return the number of rows; without rows, nothing is written.

        Raises:
            UnloadError: the prefix is not empty.
        """
        import pyarrow.parquet as pq

        folder = Path(self.prefix)
        if folder.exists() and any(folder.iterdir()):
            raise UnloadError(f"ERROR: Specified unload destination on S3 is not empty: {self.prefix}")
        rows = _rows(connection, self.select)
        if not rows.num_rows:
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        per_slice = -(-rows.num_rows // SLICES)
        entries = []
        for i in range(SLICES):
            part = rows.slice(i * per_slice, per_slice)
            file = folder / f"{i:04d}_part_00.parquet"
            pq.write_table(part, file)
            meta = {"content_length": file.stat().st_size, "record_count": part.num_rows}
            entries.append({"url": str(file), "meta": meta})
        total = {name: sum(e["meta"][name] for e in entries) for name in ("content_length", "record_count")}
        elements = [{"name": f.name, "type": {"base": str(f.type)}} for f in rows.schema]
        manifest = {"entries": entries, "schema": {"elements": elements}, "meta": total}
        (folder / "manifest").write_text(json.dumps(manifest))
        return rows.num_rows


def _unescaped(text: str) -> str:
    return re.sub(r"''|\\(.)", lambda found: found[1] or "'", text, flags=re.DOTALL)


def _rows(connection: Connection, select: str) -> pa.Table:
    import pyarrow as pa

    found = connection.run(select)
    schema = pa.schema([(c["name"], _type(c)) for c in connection.columns])
    columns: list[Any] = list(zip(*found, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _type(column: dict[str, Any]) -> pa.DataType:
    import pyarrow as pa

    if column["type_oid"] == NUMERIC:
        modifier = column["type_modifier"] - HEADER_OF_MODIFIER
        return pa.decimal128(modifier >> 16, modifier & 0xFFFF) if modifier >= 0 else pa.decimal128(WIDEST, 0)
    types = {
        16: pa.bool_(),
        20: pa.int64(),
        21: pa.int16(),
        23: pa.int32(),
        700: pa.float32(),
        701: pa.float64(),
        1082: pa.date32(),
        1114: pa.timestamp("us"),
        1184: pa.timestamp("us", "UTC"),
    }
    return types.get(column["type_oid"], pa.string())
