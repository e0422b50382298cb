"""Contracts of the tables that `lake bench gold` measures: TPC-H's orders and lines, a fact, and monthly sums of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LOGICAL = {"bigint": "integer", "int": "integer", "date": "date", "string": "string"}

LINES = {
    "order_id": "bigint",
    "line_id": "int",
    "product_id": "bigint",
    "supplier_id": "bigint",
    "quantity": "decimal(15,2)",
    "price_usd": "decimal(15,2)",
    "discount": "decimal(15,2)",
    "tax": "decimal(15,2)",
    "return_flag": "string",
    "line_status": "string",
    "ship_date": "date",
    "ship_mode": "string",
}
ORDERS = {
    "order_id": "bigint",
    "customer_id": "bigint",
    "status": "string",
    "order_date": "date",
    "priority": "string",
}
FACT = LINES | {"customer_id": "bigint", "order_date": "date", "priority": "string", "amount_usd": "decimal(19,4)"}
MONTHS = {
    "order_month": "date",
    "ship_mode": "string",
    "orders": "bigint",
    "lines": "bigint",
    "units": "decimal(25,2)",
    "revenue_usd": "decimal(29,4)",
}

FACT_SQL = """\
SELECT l.*, o.customer_id, o.order_date, o.priority,
       CAST(l.price_usd * (1 - l.discount) AS DECIMAL(19, 4)) AS amount_usd
FROM   silver.lines AS l
JOIN   silver.orders AS o
  ON   o.order_id = l.order_id
"""
MONTHS_SQL = """\
SELECT TRUNC(order_date, 'MONTH') AS order_month, ship_mode, COUNT(DISTINCT order_id) AS orders, COUNT(*) AS lines,
       SUM(quantity) AS units, CAST(SUM(amount_usd) AS DECIMAL(29, 4)) AS revenue_usd
FROM   gold.fact
GROUP BY TRUNC(order_date, 'MONTH'), ship_mode
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A table that exists only for the measurement."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    groups: tuple[str, ...] = ()
    sql: str = ""

    @property
    def contract(self) -> str:
        """Its contract, complete except for descriptive texts."""
        layer, _, table = self.name.partition(".")
        head = f"apiVersion: v3.1.0\nkind: DataContract\nid: {layer}-{table}\nname: {table}\nversion: 1.0.0\n"
        head += "status: active\ndomain: sales\ndescription: {purpose: Measured.}\n"
        if layer == "bronze":
            head += f'servers:\n  - {{server: made, type: s3, location: "s3://landing/{table}/*.csv", format: csv}}\n'
        head += (
            f"schema:\n  - name: {table}\n    physicalType: table\n    dataGranularityDescription: One row per key.\n"
        )
        columns = "".join(self._column(n, t, layer, table) for n, t in self.columns.items())
        return f"{head}    properties:\n{columns}    customProperties:\n{self._disposition(layer)}"

    def _column(self, name: str, type_: str, layer: str, table: str) -> str:
        logical = LOGICAL.get(type_, "number")
        text = f"      - name: {name}\n        description: As TPC-H has it.\n"
        text += f"        logicalType: {'string' if layer == 'bronze' else logical}\n"
        text += f"        physicalType: {'string' if layer == 'bronze' else type_}\n"
        if layer == "silver":
            text += f"        transformSourceObjects: [bronze.made__{table}]\n"
        if name in self.key:
            text += "        primaryKey: true\n        required: true\n"
            text += f"        primaryKeyPosition: {self.key.index(name) + 1}\n"
        return text

    def _disposition(self, layer: str) -> str:
        said = {"bronze": "append", "silver": "merge", "gold": "refresh"}[layer]
        lines = [f"{{property: writeDisposition, value: {said}}}"]
        if layer == "silver":
            lines += ["{property: sequenceBy, value: [order_id]}", "{property: clusterBy, value: [order_id]}"]
        if self.groups:
            cluster = "order_date" if "order_date" in self.columns else self.groups[0]
            lines += [f"{{property: refreshBy, value: [{', '.join(self.groups)}]}}"]
            lines += [f"{{property: clusterBy, value: [{cluster}]}}"]
        return "".join(f"      - {line}\n" for line in lines)


TABLES = (
    Measured(name="bronze.made__lines", columns=LINES, key=("order_id", "line_id")),
    Measured(name="bronze.made__orders", columns=ORDERS, key=("order_id",)),
    Measured(name="silver.lines", columns=LINES, key=("order_id", "line_id")),
    Measured(name="silver.orders", columns=ORDERS, key=("order_id",)),
    Measured(name="gold.fact", columns=FACT, key=("order_id", "line_id"), groups=("order_id",), sql=FACT_SQL),
    Measured(
        name="gold.months",
        columns=MONTHS,
        key=("order_month", "ship_mode"),
        groups=("order_month",),
        sql=MONTHS_SQL,
    ),
)


def write_contracts(folder: Path) -> Path:
    """Write the contracts and their queries below a folder, and return it."""
    for table in TABLES:
        layer, _, name = table.name.partition(".")
        (folder / layer).mkdir(parents=True, exist_ok=True)
        (folder / layer / f"{name}.odcs.yaml").write_text(table.contract, encoding="utf-8")
        if table.sql:
            (folder / layer / f"{name}.sql").write_text(table.sql, encoding="utf-8")
    return folder
