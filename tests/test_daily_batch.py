"""The whole machines on the sample data, held against figures that nothing of the engine has worked out."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from rich.console import Console

from jobs.runtime.books import ACCOUNTS
from scripts.looking.lake import open_lake
from scripts.looking.vault import turn_back
from scripts.running.local_lake import LocalLake
from scripts.running.pii_key import KEY_FILE
from scripts.running.run import run_machine
from scripts.running.served_items import ITEMS_FILE
from scripts.setup import paths
from scripts.sources.deliveries import DELIVERIES
from shared.contracts import Kind, load_catalog
from shared.contracts.source_model import ASKED
from shared.jobs import Colour, Status, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import Layer, Machine, Roots, TableName, pii_folder, quarantine_location, table_location
from shared.reconciliation import Verdict
from tests.oracle.answer import PII_KEY, answers, token
from tests.oracle.compare import assert_same_rows
from tests.oracle.delivered import day
from tests.oracle.history import told_by_delivery

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from shared.contracts import Table

pytestmark = [pytest.mark.examples, pytest.mark.slow, pytest.mark.extra]

TABLES = [name for name, table in load_catalog().tables.items() if table.kind is not Kind.INGESTED]
# The most a reader of Athena's may be asked to know.
ATHENA_READER_VERSION = 3
ATHENA_READER_FEATURES = {"columnMapping", "timestampNtz", "deletionVectors"}


@dataclass
class Played:
    """A lake after every delivery and one run more, and what stood in it after each."""

    root: Path
    records: list[RunRecord] = field(default_factory=list)
    salesforce: list[RunRecord] = field(default_factory=list)
    rows: list[dict[str, pa.Table]] = field(default_factory=list)
    refused: list[dict[str, set[tuple[str, tuple[str, ...]]]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Two days and a rerun of the second, as `lake demo` and then `lake run` do them; Salesforce once on each day."""
    root = tmp_path_factory.mktemp("lake")
    lake_of = Played(root)
    console = Console(file=io.StringIO())
    (root / KEY_FILE).parent.mkdir()
    (root / KEY_FILE).write_text(PII_KEY)
    with LocalLake(root, DELIVERIES[0], console) as lake:
        for delivery in (*DELIVERIES, DELIVERIES[-1]):
            lake.sources.deliver(delivery)
            if len(lake_of.salesforce) < delivery:
                lake_of.salesforce.append(run_machine(lake, Machine.SALESFORCE_INGESTION, {}, console)[0])
            record, _ = run_machine(lake, Machine.DAILY_BATCH, {}, console)
            lake_of.records.append(record)
            lake_of.rows.append({name: table(root, name).to_pyarrow_table() for name in TABLES})
            lake_of.refused.append({name: refused(root, name) for name in TABLES})
    return lake_of


def made(record: RunRecord) -> list[TableOutcome]:
    """What a run made of its tables; how they then compare with their sources is told apart."""
    return [o for o in record.outcomes if o.step is not Step.RECONCILE]


def table(root: Path, name: str) -> DeltaTable:
    is_personal = load_catalog().table(name).is_personal
    place = Roots(str(root), pii_folder(str(root))).of(is_personal=is_personal)
    return DeltaTable(table_location(place, TableName.parse(name)))


def snapshots_landed(root: Path) -> list[datetime]:
    """When each snapshot of the customers was landed, in their order."""
    rows = table(root, "bronze.snowflake__customers").to_pyarrow_table(columns=["_sequence", "_ingested_at"])
    times = rows.group_by("_sequence").aggregate([("_ingested_at", "min")]).sort_by("_sequence")
    return times["_ingested_at_min"].to_pylist()


def refused(root: Path, name: str) -> set[tuple[str, tuple[str, ...]]]:
    """Every row in a table's quarantine: its key as JSON, and the rules it failed."""
    location = quarantine_location(str(root), TableName.parse(name))
    if not DeltaTable.is_deltatable(location):
        return set()
    rows = DeltaTable(location).to_pyarrow_table().to_pylist()
    return {(row["row_key"], tuple(sorted(row["rules"]))) for row in rows}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_row_is_the_one_worked_out_from_the_files(played, name, delivery):
    expected = answers(delivery)[-1].rows[name]
    contract = load_catalog().table(name)

    actual = played.rows[delivery - 1][name]
    if contract.history:
        actual = told_by_delivery(actual, snapshots_landed(played.root))

    assert_same_rows(expected, actual, contract.versions.primary_key)


def test_every_token_turns_back_into_the_address_it_stands_for(played):
    contacts = load_catalog().table("silver.contacts")
    shown = set(table(played.root, "silver.contacts").to_pyarrow_table()["email_token"].to_pylist()) - {None}

    values = turn_back(open_lake(str(played.root)), contacts, sorted(shown))

    assert len(shown) > 100
    assert shown == {token(value) for value in values.values()}
    assert values == {token(value): value for value in values.values()}


def test_the_api_gives_every_row_of_the_tables_it_serves_as_the_lake_has_it(played):
    items = [json.loads(line) for line in (played.root / ITEMS_FILE).read_text(encoding="utf-8").splitlines()]
    given = {i["path"]["S"]: json.loads(i["row"]["S"]) for i in items if i["path"]["S"].startswith("/")}
    expected = {}
    for contract in load_catalog().served:
        for row in played.rows[-1][str(contract.name)].to_pylist():
            said = {name: value if isinstance(value, int | None) else str(value) for name, value in row.items()}
            expected["/".join(["", contract.served_at.collection, *(str(row[k]) for k in contract.primary_key)])] = said

    assert expected == given
    assert len(given) > 19_000


def test_snowflake_has_every_row_of_the_tables_published_there_as_the_lake_has_it(played):
    """Read from the file that the stand-in leaves, by nothing of its or of the engine."""
    published = [t for t in load_catalog().tables.values() if t.published_to]
    [kept] = {t.published_to.database for t in published}
    file = played.root / "sources" / "snowflake" / "databases" / f"{kept}.db"
    with duckdb.connect(file, read_only=True) as database:
        for contract in published:
            name, schema = str(contract.name), contract.published_to.schema
            found = database.sql(f"FROM {schema}.{contract.published_to.table}").to_arrow_table()
            found = found.rename_columns([column.lower() for column in found.column_names])
            told = f"SELECT version, run_id FROM {schema}.lakewright_publications WHERE lake_table = ?"

            assert by_key(played.rows[-1][name], contract) == by_key(found, contract)
            assert [(table(played.root, name).version(), played.records[1].run_id)] == (
                database.execute(told, [name]).fetchall()
            )
    assert len(published) > 1


def by_key(rows: pa.Table, contract: Table) -> dict[tuple[object, ...], dict[str, object]]:
    """Rows by their key; numbers are compared as such, whatever types they have."""
    found = {tuple(row[k] for k in contract.primary_key): row for row in rows.to_pylist()}
    assert rows.num_rows == len(found)
    return found


def test_of_the_second_day_what_changed_was_sent_and_no_more(played):
    built, sent = (
        {o.table: (o.read, o.inserted, o.updated, o.deleted) for o in played.records[1].outcomes if o.step is step}
        for step in (Step.BUILD, Step.PUBLISH)
    )

    assert {str(table.name) for table in load_catalog().tables.values() if table.targets} == set(sent)
    # Of a table that was rebuilt every row is new, and what differs was sent.
    refreshed = {name for name in sent if built[name][0] == sent[name][0]}
    assert {name: built[name] for name in refreshed} == {name: sent[name] for name in refreshed}
    assert {"gold.customer_360", "gold.daily_revenue"} <= refreshed
    assert all(sent[name][0] < built[name][0] for name in set(sent) - refreshed)


def test_every_run_is_green(played):
    assert [Colour.GREEN] * 5 == [r.colour for r in [*played.records, *played.salesforce]]


def test_every_table_that_can_be_asked_for_is_as_its_source_has_it(played):
    """Each day the source, bronze and silver agree to the last figure, also while rows are refused and deleted."""
    reconciled = [o for r in [*played.records, *played.salesforce] for o in r.outcomes if o.step is Step.RECONCILE]
    compared = {(c.left, c.right) for o in reconciled for c in o.reconciled}
    catalog = load_catalog()
    bronze = [t for t in catalog.tables.values() if t.source]
    asked = {(t.source.system, str(t.name)) for t in bronze if t.source.type in ASKED}
    refined = {(str(i), n) for n, t in catalog.tables.items() if t.kind is Kind.REFINED for i in t.inputs}

    assert asked | refined == compared
    assert {Verdict.GREEN} == {c.verdict for o in reconciled for c in o.reconciled}
    assert [] == [c for o in reconciled for c in o.reconciled if c.differing]


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize(
    "entity, key, numbers",
    [
        pytest.param("orders", ("salesorderid",), ("subtotal", "totaldue", "customerid"), id="orders"),
        pytest.param("order_lines", ("salesorderid", "salesorderdetailid"), ("orderqty", "unitprice"), id="lines"),
        pytest.param("customers", ("customerid",), ("territoryid",), id="a snapshot"),
    ],
)
def test_figures_of_a_source_are_those_of_its_files(played, delivery, entity, key, numbers):
    name = f"snowflake__{entity}"
    rows = {tuple(row[k] for k in key): row for row in day(delivery).rows[name]}
    keys = [hashlib.md5("|".join(k).encode(), usedforsecurity=False).hexdigest() for k in rows]
    expected = {"rows": len(rows), "checksum of keys": sum(int(k[:7], 16) for k in keys)}
    expected |= {f"sum of {n}": sum(Decimal(r[n]) for r in rows.values() if r[n]) for n in numbers}

    outcomes = [o for o in played.records[delivery - 1].outcomes if o.step is Step.RECONCILE]
    [outcome] = [o for o in outcomes if o.table == f"bronze.{name}"]

    assert expected == {m.name: Decimal(m.left) for m in outcome.reconciled[0].measures if m.name in expected}


def test_each_machine_touches_its_own_tables(played):
    touched = {
        Machine.DAILY_BATCH: {o.table for o in played.records[-1].outcomes},
        Machine.SALESFORCE_INGESTION: {o.table for o in played.salesforce[-1].outcomes},
    }

    assert touched == {m: {str(t.name) for t in load_catalog().of_machine(m)} for m in touched}


def test_salesforce_is_asked_for_what_is_new(played):
    first, second = ({o.table: o.inserted for o in made(r)} for r in played.salesforce)
    changed = {"leads": 2, "tasks": 1, "cases": 1, "campaign_members": 1, "accounts": 0, "opportunity_history": 14}

    assert (59, 67, 41) == tuple(
        first[f"bronze.salesforce__{n}"] for n in ("leads", "campaign_members", "opportunity_history")
    )
    assert changed == {name: second[f"bronze.salesforce__{name}"] for name in changed}


def test_a_rerun_changes_no_table_and_says_so(played):
    second, third = played.records[1:]

    assert {Status.UNCHANGED} == {o.status for o in made(third)}
    assert second.versions == third.versions


def test_the_second_day_leaves_tables_without_news_alone(played):
    second = {o.table: o.status for o in made(played.records[1])}

    untouched = {"bronze.snowflake__products", "bronze.snowflake__addresses", "bronze.crm__accounts", "silver.products"}
    assert {Status.UNCHANGED} == {second[name] for name in untouched}


def test_refused_rows_are_those_of_the_deliveries_with_the_rules_they_failed(played):
    expected = {name: set() for name in TABLES}
    for answer in answers(DELIVERIES[-1]):
        for name, rows in answer.refused.items():
            expected[name] |= {(json_key(name, row.key), tuple(sorted(row.rules))) for row in rows}

    assert expected == played.refused[-1]


def json_key(name: str, key: tuple[str, ...]) -> str:
    contract = load_catalog().table(name)
    types = {c.name: c.type for c in contract.columns}
    values = {k: json_value(types[k], v) for k, v in zip(contract.primary_key, key, strict=True)}
    return json.dumps(values, separators=(",", ":"))


def json_value(type_: str, text: str | None) -> str | int | None:
    if text is None:
        return None
    if type_ == "timestamp":
        return text.replace(" ", "T") + ".000000Z"
    return int(text) if type_ in ("int", "bigint") else text


def test_books_balance_in_every_outcome(played):
    outcomes = [o for r in [*played.records, *played.salesforce] for o in r.outcomes]

    assert outcomes == [o for o in outcomes if o.read == sum(getattr(o, account) for account in ACCOUNTS)]


def test_the_ledger_names_the_version_of_every_table(played):
    found = {v.table: v.version for v in played.records[-1].versions}

    assert {name: table(played.root, name).version() for name in load_catalog().tables} == found


@pytest.mark.parametrize("layer", [Layer.SILVER, Layer.GOLD])
def test_athena_can_read_every_table(played, layer):
    for name in [n for n in TABLES if n.startswith(layer)]:
        protocol = table(played.root, name).protocol()

        assert protocol.min_reader_version <= ATHENA_READER_VERSION, name
        assert set(protocol.reader_features or []) <= ATHENA_READER_FEATURES, name


@pytest.mark.parametrize("folder", ["staging", "unload"])
def test_nothing_is_left_of_what_a_batch_was_read_from(played, folder):
    assert [] == [p for p in played.root.glob(f"**/{folder}/**/*") if p.is_file()]


def test_notebook_looks_at_the_lake(played, tmp_path, monkeypatch):
    """Its cells run one after the other, as beside a lake of `lake demo`; no answer is kept in the file."""
    cells = json.loads((paths.ROOT / "notebooks" / "first_look.ipynb").read_text())["cells"]
    told: dict[str, Any] = {}
    (tmp_path / ".lake").symlink_to(played.root)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    for cell in cells:
        assert not cell.get("outputs")
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), told)  # noqa: S102 - the project's own
    days = table(played.root, "gold.daily_revenue").to_pyarrow_table()
    assert sum(told["months"]["revenue_eur"]) == pc.sum(days["revenue_eur"]).as_py()
    assert 1 == len(set(told["campaigns"].loc["all"]))
