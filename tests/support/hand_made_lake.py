"""A shop's lake, written by delta-rs in a second: three runs, of which one is red and one never ended."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from jobs.runtime.files import OUTCOMES, write_text
from jobs.runtime.position import FlowPosition, TablePosition
from scripts.looking.keys import DUCKDB_TYPES
from shared.contracts import Kind, load_catalog
from shared.jobs import Colour, Failure, Status, Step, TableOutcome
from shared.ledger import RunRecord, TableVersion
from shared.names import (
    Roots,
    TableName,
    outcomes_location,
    pii_folder,
    quarantine_location,
    run_location,
    table_location,
)
from tests.support.small_contracts import FILES as SHOP
from tests.support.small_contracts import KEY_AND_SEQUENCE, bronze, contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from shared.contracts import Catalog, Table

LINES = """\
      - name: order_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        primaryKeyPosition: 1
        transformSourceObjects: [bronze.shop__lines]
        relationships: [{to: orders.order_id}]
        description: Order.
      - name: line_number
        logicalType: integer
        physicalType: int
        primaryKey: true
        primaryKeyPosition: 2
        transformLogic: cast(line AS int)
        description: Line.
      - {name: product, logicalType: string, physicalType: string, description: Product.}
      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}
"""
SALES = """\
      - name: order_id
        logicalType: integer
        physicalType: bigint
        primaryKey: true
        primaryKeyPosition: 1
        description: Order.
      - name: line_number
        logicalType: integer
        physicalType: int
        primaryKey: true
        primaryKeyPosition: 2
        description: Line.
      - {name: customer_id, logicalType: integer, physicalType: bigint, description: Buyer.}
      - {name: product, logicalType: string, physicalType: string, description: Product.}
      - {name: pieces_left, logicalType: integer, physicalType: int, description: Pieces in stock.}
"""
SALES_SQL = """\
SELECT l.order_id, l.line_number, o.customer_id, upper(l.product) AS product, s.pieces AS pieces_left
FROM   silver.lines AS l
JOIN   silver.orders AS o ON o.order_id = l.order_id
LEFT JOIN silver.stock AS s ON upper(s.product) = upper(l.product)
"""
FILES: Mapping[str, str] = {
    **SHOP,
    "bronze.shop__lines": bronze("bronze.shop__lines", "append", "order_id", "line", "product", "changed_at"),
    "silver.lines": contract("silver.lines", LINES, KEY_AND_SEQUENCE),
    "gold.sales": contract("gold.sales", SALES, {"writeDisposition": "refresh"}),
    "gold.sales.sql": SALES_SQL,
    "gold.totals": SHOP["gold.totals"] + "      - {property: refreshBy, value: [customer_id]}\n",
}
NO_PROPERTIES: Mapping[str, str | None] = {}
FEED: Mapping[str, str | None] = {"delta.enableChangeDataFeed": "true"}
FIRST, RED, UNFINISHED = "run-1", "run-2", "run-3"
START = datetime(2026, 1, 1, 4, tzinfo=UTC)
JANUARY = "2025-01-01T00:00:00Z"
FEBRUARY = "2025-02-01T00:00:00Z"


def write_contracts(folder: Path, files: Mapping[str, str] = FILES) -> Catalog:
    """Write contracts and queries, and load them as everywhere else."""
    for name, text in files.items():
        layer, _, table = name.removesuffix(".sql").partition(".")
        path = folder / layer / (f"{table}.sql" if name.endswith(".sql") else f"{table}.odcs.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_catalog(folder)


class HandMadeLake:
    """A lake at `root`, with a method for each kind of thing that the engine would write."""

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.root, self.catalog = str(root), catalog

    def put(self, table: str, run: str, sequence: int, *rows: Sequence[object], mode: str = "append") -> None:
        """Commit a batch of a table: rows with its business columns in order; for bronze, file and line come first."""
        contract = self.catalog.table(table)
        columns = {c.name: DUCKDB_TYPES.get(c.type, c.type) for c in contract.columns}
        if contract.kind is Kind.INGESTED:
            columns |= {"_ingested_at": "TIMESTAMPTZ", "_run_id": "VARCHAR", "_sequence": "BIGINT"}
            columns |= {"_source_position": "VARCHAR", "_rescued": "VARCHAR"}
            rows = tuple([*row[1:], START, run, sequence, row[0], None] for row in rows)
        facts = FlowPosition(
            sequence=sequence, run=run, attempt="a1", inputs=self._consumed(contract), fingerprint=contract.fingerprint
        )
        _commit(
            table_location(self._root_of(table), contract.name),
            _table(columns, rows),
            table,
            facts,
            mode=mode,
            has=FEED,
        )

    def refuse(self, table: str, run: str, batch: int, *rows: Sequence[object]) -> None:
        """Commit refused rows: rules, source position, key and row each."""
        columns = {"batch": "BIGINT", "rules": "VARCHAR[]", "source_position": "VARCHAR", "row_key": "VARCHAR"}
        columns |= {"row": "VARCHAR", "contract": "VARCHAR", "run_id": "VARCHAR", "quarantined_at": "TIMESTAMPTZ"}
        whole = tuple([batch, *row, "0" * 16, run, START + timedelta(minutes=batch)] for row in rows)
        location = quarantine_location(self._root_of(table), TableName.parse(table))
        facts = FlowPosition(sequence=batch, run=run, attempt="a1", inputs={})
        _commit(location, _table(columns, whole), f"quarantine of {table}", facts)

    def _consumed(self, contract: Table) -> dict[str, Any]:
        """The inputs that a built table records: their current versions, and -1 for one that does not exist."""
        if contract.kind is not Kind.BUILT:
            return {}
        names = [str(name) for name in contract.inputs]
        there = {n: table_location(self._root_of(n), TableName.parse(n)) for n in names}
        found = {n: DeltaTable(place) for n, place in there.items() if DeltaTable.is_deltatable(place)}
        versions = {n: found[n].version() if n in found else -1 for n in names}
        ids = {n: str(found[n].metadata().id) if n in found else None for n in names}
        return {"versions": versions, "ids": ids, "business_date": None}

    def _root_of(self, table: str) -> str:
        return Roots(self.root, pii_folder(self.root)).of(is_personal=self.catalog.table(table).is_personal)

    def outcomes(self, run: str, step: Step, attempt: str, *outcomes: TableOutcome) -> None:
        """Write the outcomes of a step."""
        write_text(outcomes_location(self.root, run, step, attempt), OUTCOMES.dump_json(outcomes).decode())

    def record(self, run: str, finished_at: datetime, versions: Mapping[str, int], *outcomes: TableOutcome) -> None:
        """Write the page of a run, with the ids of the existing tables."""
        places = {name: table_location(self._root_of(name), TableName.parse(name)) for name in versions}
        ids = {n: str(DeltaTable(p).metadata().id) for n, p in places.items() if DeltaTable.is_deltatable(p)}
        page = RunRecord(
            run_id=run,
            env="local",
            business_date=date(2026, 1, 1),
            colour=Colour.RED if any(o.is_red for o in outcomes) else Colour.GREEN,
            finished_at=finished_at.isoformat(),
            outcomes=outcomes,
            versions=tuple(
                TableVersion(table=name, version=versions.get(name), table_id=ids.get(name))
                for name in self.catalog.tables
            ),
        )
        write_text(run_location(self.root, run), page.model_dump_json())


def _commit(
    location: str,
    written: pa.Table,
    flow: str,
    facts: FlowPosition,
    *,
    mode: Any = "append",
    has: Mapping[str, str | None] = NO_PROPERTIES,
) -> None:
    """Commit rows with the position that the engine would record."""
    metadata = TablePosition(version=-1, flows={}).after(flow, facts)
    properties = CommitProperties({"userMetadata": metadata}, None, [Transaction(flow, facts.sequence)])
    write_deltalake(location, written, mode=mode, configuration=has, commit_properties=properties)


def _table(columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Rows as Arrow, with each value cast by DuckDB."""
    select = ", ".join(f"CAST(? AS {type_}) AS {name}" for name, type_ in columns.items())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE batch AS SELECT {select} LIMIT 0", [None] * len(columns))
        for row in rows:
            connection.execute(f"INSERT INTO batch SELECT {select}", list(row))
        return connection.table("batch").to_arrow_table()


UNUSUAL = {"amount_usual": 1200}
FETCHED = {"requests": 1, "bytes": 1234, "cursor": "2026-02-01T00:00:00+00:00"}


def make_shop(root: Path, catalog: Catalog) -> HandMadeLake:
    """Write the lake of the shop.

    Run 1 brings orders 1 and 2 with three lines, of which one has no order, and a file with an unreadable row. Run
    2 changes order 1, refuses order 4, and fails on gold.totals. Run 3 stops after it has tried to ingest twice.
    Stock is not there yet.
    """
    lake = HandMadeLake(root, catalog)
    _first_run(lake)
    _red_run(lake)
    lake.outcomes(UNFINISHED, Step.INGEST, "a1", outcome("bronze.shop__orders", Step.INGEST, Status.FAILED))
    lake.outcomes(UNFINISHED, Step.INGEST, "a2", outcome("bronze.shop__orders", Step.INGEST, Status.UNCHANGED))
    return lake


def outcome(table: str, step: Step, status: Status = Status.SUCCEEDED, **facts: Any) -> TableOutcome:
    """What a step did to a table."""
    return TableOutcome(table=table, step=step, status=status, seconds=1.5, **facts)


def _first_run(lake: HandMadeLake) -> None:
    lake.put("bronze.shop__customers", FIRST, 1, ["customers/1.csv#2", "7", " Ann ", JANUARY])
    lake.refuse("bronze.shop__orders", FIRST, 1, [["short row: 2 of 5 fields"], "orders/1.csv#4", None, "3,7"])
    orders = (
        ["orders/1.csv#2", "1", "7", "10.50", "paid", JANUARY],
        ["orders/1.csv#3", "2", "7", "20", "paid", JANUARY],
    )
    lake.put("bronze.shop__orders", FIRST, 1, *orders)
    lines = (["lines/1.csv#2", "1", "1", "pen", JANUARY], ["lines/1.csv#3", "1", "2", "ink", JANUARY])
    lake.put("bronze.shop__lines", FIRST, 1, *lines, ["lines/1.csv#4", "9", "1", "pen", JANUARY])
    lake.put("silver.customers", FIRST, 1, [7, "Ann", JANUARY])
    lake.put("silver.orders", FIRST, 1, [1, 7, "10.50", "paid", JANUARY], [2, 7, "20", "paid", JANUARY])
    orphan = [["order_id_exists"], "lines/1.csv#4", '{"order_id":9,"line_number":1}', '{"order_id":"9","weight":0.10}']
    lake.refuse("silver.lines", FIRST, 1, orphan)
    lake.put("silver.lines", FIRST, 1, [1, 1, "pen", JANUARY], [1, 2, "ink", JANUARY])
    lake.put("gold.totals", FIRST, 1, [7, "Ann", 2, "30.50"])
    lake.put("gold.sales", FIRST, 1, [1, 1, 7, "PEN", None], [1, 2, 7, "INK", None])
    versions = dict.fromkeys([n for n in lake.catalog.tables if "stock" not in n], 0)
    ingested = outcome("bronze.shop__orders", Step.INGEST, read=3, inserted=2, quarantined=1, version=0, sequence=1)
    refined = outcome("silver.orders", Step.REFINE, read=2, inserted=2, version=0, sequence=1)
    lake.record(FIRST, START, versions, ingested, refined)


def _red_run(lake: HandMadeLake) -> None:
    orders = (
        ["orders/2.csv#2", "1", "7", "11", "sent", FEBRUARY],
        ["orders/2.csv#3", "4", "7", "-5", "paid", FEBRUARY],
    )
    lake.put("bronze.shop__orders", RED, 2, *orders)
    row = json.dumps({"order_id": "4", "amount_eur": "-5"})
    lake.refuse("silver.orders", RED, 2, [["amount_not_negative"], "orders/2.csv#3", '{"order_id":4}', row])
    changed = ([1, 7, "11", "sent", FEBRUARY], [2, 7, "20", "paid", JANUARY])
    lake.put("silver.orders", RED, 2, *changed, mode="overwrite")
    failure = Failure(error="GateClosedError", message="too few\nrows", retryable=False)
    versions = dict.fromkeys([n for n in lake.catalog.tables if "stock" not in n], 0)
    lake.record(
        RED,
        START + timedelta(days=1),
        versions | {"bronze.shop__orders": 1, "silver.orders": 1},
        outcome("bronze.shop__orders", Step.INGEST, read=2, inserted=2, version=1, sequence=2, **FETCHED),
        outcome(
            "silver.orders", Step.REFINE, read=2, updated=1, quarantined=1, version=1, sequence=2, warnings=UNUSUAL
        ),
        outcome("gold.totals", Step.BUILD, Status.FAILED, failure=failure),
        outcome("gold.sales", Step.BUILD, Status.SKIPPED, reason="not touched, because it depends on gold.totals"),
    )
