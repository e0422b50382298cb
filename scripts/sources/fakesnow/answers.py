"""Adds to fakesnow's answers what the version 5 connector expects and fakesnow leaves out."""

from __future__ import annotations

import base64
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

CHUNKS_KEPT = 500


@dataclass(frozen=True)
class Login:
    """The one user who may log in."""

    user: str
    password: str

    def admits(self, data: dict[str, Any]) -> bool:
        """Whether the request names the user and the password."""
        return (data.get("LOGIN_NAME", "").upper(), data.get("PASSWORD")) == (self.user.upper(), self.password)

    def refusal(self) -> dict[str, Any]:
        """Snowflake's answer to a wrong password."""
        return {
            "success": False,
            "code": "390100",
            "message": "Incorrect username or password was specified.",
            "data": {"nextAction": "RETRY_LOGIN", "authnMethod": "USERNAME_PASSWORD"},
        }

    def completed(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Fakesnow's answer to a login, with the fields that the connector requires."""
        if answer.get("success"):
            data = answer["data"]
            data |= {
                "masterToken": data["token"],
                "validityInSeconds": 3600,
                "masterValidityInSeconds": 14400,
                "sessionId": 1,
                "displayUserName": self.user,
                "firstLogin": False,
                "healthCheckInterval": 45,
            }
            data["sessionInfo"] |= {"warehouseName": None, "roleName": None}
        return answer


class Answers:
    """Splits long answers into `chunks` that can be fetched one by one and repeatedly, as Snowflake does."""

    def __init__(self, rows_per_chunk: int) -> None:
        self.rows_per_chunk = rows_per_chunk
        self.chunks: OrderedDict[str, bytes] = OrderedDict()

    def chunked(self, answer: dict[str, Any], base: str) -> dict[str, Any]:
        """The answer with its first rows inline and the others at addresses below `base`."""
        data = answer.get("data") or {}
        if not data.get("rowsetBase64"):
            return answer
        table = with_nullable_timestamps(pa.ipc.open_stream(base64.b64decode(data["rowsetBase64"])).read_all())
        size = self.rows_per_chunk
        data["rowsetBase64"] = base64.b64encode(to_stream(table.slice(0, size))).decode()
        if table.num_rows > size:
            rest = [table.slice(start, size) for start in range(size, table.num_rows, size)]
            data |= {
                "chunks": [self._keep(rows, base) for rows in rest],
                "chunkHeaders": {"x-chunk": "1"},
                "qrmk": None,
            }
        return answer

    def _keep(self, rows: pa.Table, base: str) -> dict[str, Any]:
        key, content = uuid.uuid4().hex, to_stream(rows)
        self.chunks[key] = content
        if len(self.chunks) > CHUNKS_KEPT:
            self.chunks.popitem(last=False)
        size = len(content)
        return {"url": f"{base}/{key}", "rowCount": rows.num_rows, "uncompressedSize": size, "compressedSize": size}


def with_stage(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to a PUT with what the version 5 connector requires; its file goes to an address of this server."""
    data = answer.get("data") or {}
    if stage := data.get("stageInfo"):
        data["overwrite"] = True
        stage |= {"region": "", "path": "", "storageAccount": "", "isClientSideEncrypted": False, "endPoint": None}
    return answer


def to_stream(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def with_nullable_timestamps(table: pa.Table) -> pa.Table:
    """The table with the parts of its timestamps declared nullable.

    fakesnow declares them not null but puts nulls in them, at which the version 5 connector fails.
    """
    for i, field in enumerate(table.schema):
        if pa.types.is_struct(field.type):
            parts = pa.struct([part.with_nullable(nullable=True) for part in field.type])
            column = table.column(i).combine_chunks()
            arrays = [column.field(j) for j in range(len(parts))]
            rebuilt = pa.StructArray.from_arrays(arrays, fields=list(parts), mask=arrays[0].is_null())
            table = table.set_column(i, field.with_type(parts), rebuilt)
    return table
