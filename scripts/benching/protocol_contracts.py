"""The tables for measuring the commit protocol: a landed one, refined tables with and without rules, and a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shared.contracts import load_catalog

if TYPE_CHECKING:
    from shared.contracts import Catalog

LANDED, RULED, FREE = "bronze.made__things", "silver.things", "silver.free_things"
VERSIONS = "silver.things_history"
IMAGES = (RULED, FREE)
NUMBERS = tuple(f"n{i}" for i in range(10))
# Two to each number: twenty.
RULES = {"not_negative": "< 0", "not_huge": "> 1000000"}
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: {layer}-{table}
name: {table}
version: 1.0.0
status: active
description: {{purpose: A table that was made up to measure with.}}
{servers}schema:
  - name: {table}
    physicalType: table
    dataGranularityDescription: One row per key.
    properties:
"""
SERVERS = """\
servers:
  - {server: made, type: snowflake, account: "${snowflake.account}", database: MADE, schema: MADE}
"""
KEY = """\
      - name: id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        required: true
{source}        description: Key.
"""
NUMBER = """\
      - name: {name}
        logicalType: integer
        physicalType: int
        description: A number.
"""
RULE = """\
          - {{name: {name}_{rule}, type: sql, query: "SELECT COUNT(*) FROM ${{table}} WHERE {name} {bad}", mustBe: 0}}
"""
TAIL = """\
      - {name: word, logicalType: string, physicalType: string, description: A text.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, required: true, description: "When, UTC."}
    customProperties:
"""
LANDED_CUSTOM = """\
      - {property: writeDisposition, value: append}
      - {property: cursor, value: changed_at}
"""
REFINED_CUSTOM = """\
      - {property: writeDisposition, value: merge}
      - {property: sequenceBy, value: [changed_at]}
      - {property: clusterBy, value: [id]}
"""
HISTORY_CUSTOM = """\
      - {property: storedAsScdType, value: 2}
"""
CUSTOM = {LANDED: LANDED_CUSTOM, VERSIONS: REFINED_CUSTOM + HISTORY_CUSTOM}


def bench_catalog(folder: Path) -> Catalog:
    """Write the contracts to a folder, and load them as the engine does."""
    for name in (LANDED, *IMAGES, VERSIONS):
        layer, _, table = name.partition(".")
        file = folder / layer / f"{table}.odcs.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_text(name), encoding="utf-8")
    return load_catalog(folder)


def _text(name: str) -> str:
    layer, _, table = name.partition(".")
    source = "" if name == LANDED else f"        transformSourceObjects: [{LANDED}]\n"
    head = HEAD.format(layer=layer, table=table, servers=SERVERS if name == LANDED else "")
    numbers = "".join(NUMBER.format(name=n) + (_rules(n) if name == RULED else "") for n in NUMBERS)
    return head + KEY.format(source=source) + numbers + TAIL + CUSTOM.get(name, REFINED_CUSTOM)


def _rules(name: str) -> str:
    return "        quality:\n" + "".join(RULE.format(name=name, rule=r, bad=bad) for r, bad in RULES.items())
