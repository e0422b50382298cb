"""The landed tables that `lake bench sources` fills: things of each source system, a few and ten times as many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts import load_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from shared.contracts import Catalog

COLUMNS = {
    "id": "bigint",
    "customer_id": "bigint",
    "amount_usd": "decimal(19,4)",
    "channel": "string",
    "note": "string",
    "changed_at": "timestamp",
}
KEY, CURSOR = "id", "changed_at"
LOGICAL = {"bigint": "integer", "decimal(19,4)": "number"}
DATABASE, SCHEMA = "SHOP", "SALES"
SERVERS = {
    "snowflake": f'type: snowflake, account: "${{snowflake.account}}", database: {DATABASE}, schema: {SCHEMA}',
    "kafka": 'type: kafka, host: "${kafka.host}", format: avro, customProperties: '
    "[{property: schemas, value: s3://landing/schemas}]",
    "files": "type: s3, location: s3://landing/SIZE/*.csv, format: csv",
}
FEW, MANY = "few", "many"
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: bronze-{system}-{size}
name: {system}__{size}
version: 1.0.0
status: active
description: {{purpose: Things that were made up to measure with.}}
servers:
  - {{server: {system}, {server}}}
schema:
  - name: {system}__{size}
    physicalName: {size}
    physicalType: table
    dataGranularityDescription: One row per thing.
    properties:
{columns}    customProperties:
      - {{property: writeDisposition, value: append}}
"""


def landed(system: str, size: str) -> str:
    """The name of the table with a size of things from a system."""
    return f"bronze.{system}__{size}"


def sources_catalog(folder: Path) -> Catalog:
    """Write the contracts to a folder, and load them as the engine does."""
    (folder / "bronze").mkdir(parents=True)
    for system in SERVERS:
        for size in (FEW, MANY):
            file = folder / "bronze" / f"{system}__{size}.odcs.yaml"
            file.write_text(_text(system, size), encoding="utf-8")
    return load_catalog(folder)


def _text(system: str, size: str) -> str:
    """A table's contract: files have only text columns, and only Snowflake is read by a cursor."""
    types = dict.fromkeys(COLUMNS, "string") if system == "files" else COLUMNS
    columns = "".join(_column(name, type_) for name, type_ in types.items())
    text = CONTRACT.format(system=system, size=size, server=SERVERS[system].replace("SIZE", size), columns=columns)
    return text + (f"      - {{property: cursor, value: {CURSOR}}}\n" if system == "snowflake" else "")


def _column(name: str, type_: str) -> str:
    key = ", primaryKey: true, required: true" if name == KEY else ""
    logical = LOGICAL.get(type_, type_)
    return f'      - {{name: {name}, logicalType: {logical}, physicalType: "{type_}"{key}, description: A fact.}}\n'
