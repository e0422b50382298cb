"""TPC-H's orders and lines as two silver tables, and a set of changes that is made and undone in turn."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.runtime.commit import Batch, commit
from jobs.runtime.lease import leased
from jobs.runtime.position import read_position
from jobs.runtime.session import batch_session
from jobs.runtime.tables import ensure_table, spark_schema
from scripts.benching.gold_contracts import LINES, ORDERS
from scripts.setup import paths
from shared.errors import TerminalError
from shared.names import TableName, lease_table, table_location

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Catalog

ROWS_PER_FILE = 500_000
# How many of the newest orders change in a step; every second of them is added or removed, the others are altered.
RECENT = 0.01
# A shop numbers its orders by time; TPC-H draws their dates at random.
NUMBERED = """
CREATE VIEW numbered AS
SELECT *, row_number() OVER (ORDER BY o_orderdate, o_orderkey) AS order_id FROM '{folder}/orders.parquet'
"""
FOUND = {
    "orders": """
SELECT order_id, o_custkey AS customer_id, o_orderstatus AS status, o_orderdate AS order_date,
       o_orderpriority AS priority
FROM numbered ORDER BY order_id
""",
    "lines": """
SELECT order_id, l_linenumber AS line_id, l_partkey AS product_id, l_suppkey AS supplier_id, l_quantity AS quantity,
       l_extendedprice AS price_usd, l_discount AS discount, l_tax AS tax, l_returnflag AS return_flag,
       l_linestatus AS line_status, l_shipdate AS ship_date, l_shipmode AS ship_mode
FROM '{folder}/lineitem.parquet' JOIN numbered ON o_orderkey = l_orderkey ORDER BY order_id, line_id
""",
}
COLUMNS = {"orders": ORDERS, "lines": LINES}


def generate(folder: Path, scale: float) -> None:
    """Generate the rows of both tables as Parquet files below a folder.

    Raises:
        TerminalError: the generator failed.
    """
    import duckdb

    made = folder / "tpch"
    program = [paths.VENV / "bin" / "tpchgen-cli", "parquet", "--scale-factor", str(scale), "--output-dir", made]
    done = subprocess.run([*program, "--tables", "orders,lineitem"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise TerminalError(f"tpchgen-cli made no data of scale {scale}:\n{done.stderr[-2000:]}")
    with duckdb.connect() as db:
        db.execute(NUMBERED.format(folder=made))
        for table, columns in COLUMNS.items():
            typed = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in columns.items())
            rows = f"SELECT {typed} FROM ({FOUND[table].format(folder=made)})"
            db.execute(f"COPY ({rows}) TO '{folder / table}.parquet' (FORMAT parquet)")


@dataclass
class Inputs:
    """The silver tables of a lake, committed in the way of every flow.

    Args:
        spark: The session.
        catalog: The contracts.
        folder: Where the Parquet files are.
        root: The lake.
        env: The environment whose leases are taken.
    """

    spark: SparkSession
    catalog: Catalog
    folder: Path
    root: str
    env: str
    newest: int = 0
    turn: int = 0

    def load(self) -> dict[str, int]:
        """Write both tables, sorted by order like a clustered table, and return their numbers of rows."""
        self.newest = self._rows(self.spark, "orders").agg({"order_id": "max"}).first()[0]  # type: ignore[index]
        counts = {}
        for table in COLUMNS:
            counts[table] = self._rows(self.spark, table).count()
            files = -(-counts[table] // ROWS_PER_FILE)
            self._commit(table, partial(self._write_first, table=table, files=files))
        return counts

    def change(self) -> None:
        """Change the newest orders: half of them are added or removed again, the others are altered."""
        self.turn += 1
        for table in COLUMNS:
            self._commit(table, partial(self._merge, table=table))

    @property
    def _since(self) -> int:
        return int(self.newest * (1 - RECENT))

    def _rows(self, session: SparkSession, table: str) -> DataFrame:
        return session.read.parquet(str(self.folder / f"{table}.parquet"))

    def _write_first(self, session: SparkSession, at: str, *, table: str, files: int) -> None:
        kept = self._rows(session, table).where(f"order_id <= {self._since} OR order_id % 2 = 0")
        laid = kept.repartitionByRange(files, "order_id").sortWithinPartitions("order_id")
        laid.write.format("delta").mode("overwrite").save(at)

    def _merge(self, session: SparkSession, at: str, *, table: str) -> None:
        from delta.tables import DeltaTable
        from pyspark.sql import functions as F

        recent = f"order_id > {self._since}"
        changed = "priority" if table == "orders" else "line_status"
        rows = self._rows(session, table).where(recent).withColumn(changed, F.lit(f"T{self.turn}"))
        key = self.catalog.table(f"silver.{table}").primary_key
        same = " AND ".join([f"t.{recent}", *[f"t.{k} = s.{k}" for k in key]])
        merge = DeltaTable.forPath(session, at).alias("t").merge(rows.alias("s"), same)
        if self.turn % 2 == 0:
            merge = merge.whenMatchedDelete("s.order_id % 2 = 1")
        merge = merge.whenMatchedUpdateAll("s.order_id % 2 = 0").whenNotMatchedInsertAll("s.order_id % 2 = 1")
        merge.execute()

    def _commit(self, table: str, write: Callable[[SparkSession, str], object]) -> None:
        name = f"silver.{table}"
        at, session = table_location(self.root, TableName.parse(name)), batch_session(self.spark)
        contract = self.catalog.table(name)
        ensure_table(session, at, spark_schema(contract), contract.cluster_by, needs_feed=True)
        run: Mapping[str, str] = {"run": f"change{self.turn}", "attempt": "a"}
        with leased(lease_table(self.env), name, "bench") as lease:
            batch = Batch(location=at, flow=name, before=read_position(session, at), lease=lease, **run)
            commit(
                session, batch, lambda: write(session, at), inputs={"turn": self.turn}, books={}, fingerprint="bench"
            )
