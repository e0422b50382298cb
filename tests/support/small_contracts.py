"""The contracts of a small shop: files of customers, orders and stock, refined, and one table built from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: {layer}-{table}
name: {table}
version: 1.0.0
status: active
description: {{purpose: Words.}}
{servers}schema:
  - name: {table}
    physicalType: table
    dataGranularityDescription: One row per key.
    properties:
{properties}    customProperties:
{custom}"""
SERVERS = """\
servers:
  - {{server: shop, type: s3, location: "s3://landing/{table}/*.csv", format: csv}}
"""

CUSTOMERS = """\
      - name: customer_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.shop__customers]
        description: Number.
      - {name: name, logicalType: string, physicalType: string, transformLogic: trim(name), description: Name.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
ORDERS = """\
      - name: order_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        transformSourceObjects: [bronze.shop__orders]
        description: Number.
      - name: customer_id
        logicalType: integer
        physicalType: bigint
        relationships: [{to: customers.customer_id}]
        description: Buyer.
      - name: amount_eur
        logicalType: number
        physicalType: decimal(12,2)
        required: true
        quality:
          - name: amount_not_negative
            type: sql
            query: "SELECT COUNT(*) FROM ${table} WHERE amount_eur < 0"
            mustBe: 0
          - name: amount_usual
            type: sql
            query: "SELECT COUNT(*) FROM ${table} WHERE amount_eur > 1000"
            mustBe: 0
            severity: warning
        description: Amount, EUR.
      - {name: state, logicalType: string, physicalType: string, description: State.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
STOCK = """\
      - name: product
        logicalType: string
        physicalType: string
        primaryKey: true
        transformSourceObjects: [bronze.shop__stock]
        description: Product.
      - {name: pieces, logicalType: integer, physicalType: int, required: true, description: Pieces.}
"""
TOTALS = """\
      - {name: customer_id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Buyer.}
      - {name: name, logicalType: string, physicalType: string, description: Name.}
      - name: orders
        logicalType: integer
        physicalType: bigint
        required: true
        description: Orders.
      - {name: amount_eur, logicalType: number, physicalType: "decimal(22,2)", description: "Amount, EUR."}
"""
TOTALS_SQL = """\
SELECT o.customer_id, c.name, COUNT(*) AS orders, SUM(o.amount_eur) AS amount_eur
FROM   silver.orders AS o
JOIN   silver.customers AS c ON c.customer_id = o.customer_id
GROUP BY o.customer_id, c.name
"""
KEY_AND_SEQUENCE = {"writeDisposition": "merge", "sequenceBy": "[changed_at]"}
DELETES = {"applyAsDeletes": "\"state = 'deleted'\"", "tombstoneRetention": "30 days"}


def contract(name: str, properties: str, custom: Mapping[str, str]) -> str:
    """The text of one contract.

    Args:
        name: The table, `layer.table`.
        properties: Its columns, as in the file.
        custom: Its custom properties, values as YAML.
    """
    layer, _, table = name.partition(".")
    return HEAD.format(
        layer=layer,
        table=table,
        servers=SERVERS.format(table=table) if layer == "bronze" else "",
        properties=properties,
        custom="".join(f"      - {{property: {k}, value: {v}}}\n" for k, v in custom.items()),
    )


def bronze(name: str, disposition: str, key: str, *others: str) -> str:
    """The text of a contract for files, with only text columns."""
    line = "      - {{name: {}, logicalType: string, physicalType: string, {}description: Text.}}\n"
    properties = line.format(key, "primaryKey: true, ") + "".join(line.format(other, "") for other in others)
    return contract(name, properties, {"writeDisposition": disposition})


FILES: Mapping[str, str] = {
    "bronze.shop__customers": bronze("bronze.shop__customers", "append", "customer_id", "name", "changed_at"),
    "bronze.shop__orders": bronze(
        "bronze.shop__orders", "append", "order_id", "customer_id", "amount_eur", "state", "changed_at"
    ),
    "bronze.shop__stock": bronze("bronze.shop__stock", "snapshot", "product", "pieces"),
    "silver.customers": contract("silver.customers", CUSTOMERS, KEY_AND_SEQUENCE),
    "silver.orders": contract("silver.orders", ORDERS, KEY_AND_SEQUENCE | DELETES),
    "silver.stock": contract("silver.stock", STOCK, {"writeDisposition": "snapshot"}),
    "gold.totals": contract("gold.totals", TOTALS, {"writeDisposition": "refresh"}),
    "gold.totals.sql": TOTALS_SQL,
}
