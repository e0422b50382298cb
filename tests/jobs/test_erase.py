"""A person is gone from every byte of the lake, does not come back, and everybody else's rows are as they were."""

import json
import re
import shutil
from base64 import b64encode
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from pyspark.sql import functions as F

from jobs.erase.proof import holds
from jobs.erase.searchable import searchable_text
from jobs.main import run
from jobs.publish.flow import publish
from jobs.runtime.lease import leased_by
from jobs.runtime.table_files import remove_old_files
from shared.contracts import load_catalog
from shared.contracts.subjects import search_steps, subjects
from shared.erasure import ErasureRecord, ErasureRequest, erasure_location, erasure_request_location
from shared.errors import ContractError, ErasureError, LeaseHeldError, TerminalError, UnknownNameError
from shared.jobs import Status, Step
from shared.names import TableName, pii_folder
from shared.vault import vault_location
from tests.support import served
from tests.support.served import serve_totals
from tests.support.small_contracts import CUSTOMERS, FILES, KEY_AND_SEQUENCE, bronze, contract

NINE, TEN, ELEVEN = "2026-01-01 09:00:00", "2026-01-01 10:00:00", "2026-01-01 11:00:00"
HEADER = "customer_id,name,changed_at"
ORDERS = "order_id,customer_id,amount_eur,state,changed_at"
ANN = "Annabel Canary"
# A former name of Ann, and the name of Bob.
BOTH = "Bobby Tables"
NAME = "{name: name, logicalType: string, physicalType: string, description: Text.}"
CLOSED = "{name: name, logicalType: string, physicalType: string, classification: restricted, description: Text.}"
TOKENIZED = CUSTOMERS.replace(
    "{name: name, logicalType: string, physicalType: string, transformLogic: trim(name), description: Name.}",
    "{name: name, logicalType: string, physicalType: string, transformLogic: trim(name), description: Name., "
    "classification: restricted, customProperties: [{property: treatment, value: tokenize}]}",
)


def referring(text, column, to):
    """A contract with a column that `refersTo` another one."""
    return text.replace(
        f"{{name: {column}, ", f"{{name: {column}, customProperties: [{{property: refersTo, value: {to}}}], "
    )


VERSIONS = TOKENIZED.replace(
    "        description: Number.",
    "        description: Number.\n"
    "        customProperties: [{property: refersTo, value: silver.customers.customer_id}]",
)
PERSONAL = {
    **FILES,
    "bronze.shop__customers": FILES["bronze.shop__customers"].replace(NAME, CLOSED),
    "silver.customers": contract("silver.customers", TOKENIZED, KEY_AND_SEQUENCE | {"subject": "customer_id"}),
}
# Also a history of the customers, parcels without a silver table, and stock that is found by the state of orders.
WIDE = {
    **PERSONAL,
    "silver.customer_versions": contract(
        "silver.customer_versions", VERSIONS, KEY_AND_SEQUENCE | {"storedAsScdType": "2"}
    ),
    "bronze.shop__parcels": referring(
        bronze("bronze.shop__parcels", "append", "parcel", "order_id"), "order_id", "silver.orders.order_id"
    ),
    "bronze.shop__stock": referring(FILES["bronze.shop__stock"], "product", "silver.orders.state"),
}


def erase(lake, subject, run_id, **asked):
    request = ErasureRequest.of_text(subject, **asked)
    place = Path(erasure_request_location(pii_folder(lake.lake_root), run_id))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(request.model_dump_json())
    job = lake.job(Step.ERASE, run_id)
    try:
        run(["--job", job.model_dump_json()], lake.spark, lake.catalog)
    finally:
        assert not place.exists()
    return record_of(lake, run_id)


def record_of(lake, run_id):
    return ErasureRecord.model_validate_json(Path(erasure_location(lake.lake_root, run_id)).read_text())


def places(record):
    return {p.place: p.rows for p in record.places}


def names_of(lake, table):
    """The values of the tokens in a table; its vault has no other tokens here."""
    tokens = {row["name"] for row in lake.frame(table).select("name").collect()}
    rows = lake.spark.read.format("delta").load(vault_location(pii_folder(lake.lake_root), TableName.parse(table)))
    vault = {row["token"]: row["value"] for row in rows.collect()}
    assert vault.keys() == tokens
    return sorted(vault.values())


def files_that_tell(lake, *values):
    """Every file of the lake that contains one of some texts, whatever its format; read without the engine."""
    found = []
    for file in [f for f in Path(lake.lake_root).rglob("*") if f.is_file()]:
        content = file.read_bytes()
        if content.startswith(b"PAR1"):
            content += json.dumps(pq.read_table(pa.BufferReader(content)).to_pylist(), default=str).encode()
        found += [str(file.relative_to(lake.lake_root)) for v in values if v.encode() in content]
    return found


@pytest.fixture
def lake(small_lake):
    """Ann, with an order, a refused one, one to be deleted and a malformed line, and Bob; more of Ann has landed."""
    small_lake.files = dict(WIDE)
    serve_totals(small_lake)
    small_lake.land(
        "bronze.shop__customers",
        HEADER,
        f"1000001,{BOTH},{NINE}",
        f"1000001,{ANN},{TEN}",
        f"2,{BOTH},{TEN}",
        f"1000001,{ANN},{TEN},9",
    )
    anns = [f"10,1000001,5,new,{TEN}", f"12,1000001,-1,new,{TEN}", f"15,1000001,6,sent,{TEN}"]
    small_lake.land("bronze.shop__orders", ORDERS, *anns, f"11,2,7,new,{TEN}")
    small_lake.land("bronze.shop__parcels", "parcel,order_id", "P1,10", "P2,12", "P3,11")
    small_lake.land("bronze.shop__stock", "product,pieces", "new,1")
    small_lake.run("r1")
    small_lake.land("bronze.shop__orders", ORDERS, f"15,1000001,6,deleted,{ELEVEN}")
    small_lake.land("bronze.shop__customers", HEADER, f"1000001,{ANN} II,{ELEVEN}")
    small_lake.land("bronze.shop__orders", ORDERS, f"16,1000001,-2,new,{TEN}")
    return small_lake


def die(*_, **__):
    raise TerminalError("the run dies here")


def die_at_orders(session, location):
    """Stands in for `remove_old_files`."""
    if location.endswith("lake/silver/orders"):
        die()
    remove_old_files(session, location)


@pytest.mark.long
def test_an_erased_person_is_gone_and_stays_gone_and_nobody_else_is_touched(lake, monkeypatch):
    assert files_that_tell(lake, ANN)
    assert_an_erasure_waits_for_a_whole_batch(lake, monkeypatch)
    lake.run("r3")
    looked = assert_looking_changes_nothing(lake)
    erase_and_die_at_orders(lake, monkeypatch)
    proven = erase_while_a_stray_file_has_her_name(lake)
    record = erase(lake, "customer=1000001", "e4")

    assert_records_name_what_was_found(looked, proven, record)
    assert_only_others_are_left(lake)
    assert_she_does_not_come_back(lake)
    assert_a_refused_row_of_hers_leaves_no_trace(lake)


def assert_an_erasure_waits_for_a_whole_batch(lake, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr("jobs.refine.flow.land", die)
        lake.run("r2", (Step.INGEST, Step.REFINE), ("bronze.shop__orders", "silver.orders"))
    half_committed = lake.versions()
    with pytest.raises(ErasureError, match=r"a run died while it wrote silver.orders.*nothing was deleted"):
        erase(lake, "customer=1000001", "e0")
    assert half_committed == lake.versions()


def assert_looking_changes_nothing(lake):
    """A dry run, of which the record is returned, and an erasure of somebody whom no table knows."""
    before = lake.versions()
    looked = erase(lake, "customer=1000001", "look", dry_run=True)
    nobody = erase(lake, "customer=3", "e1")
    assert (before, {"/totals/1000001", "/totals/2"}) == (lake.versions(), set(served.rows()))
    assert ((), None, 0) == (nobody.places, nobody.complete_on, nobody.scanned_files)
    return looked


def erase_and_die_at_orders(lake, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr("jobs.erase.flow.remove_old_files", die_at_orders)
        with pytest.raises(TerminalError, match="the run dies here"):
            erase(lake, "customer=1000001", "e2")


def erase_while_a_stray_file_has_her_name(lake):
    stray = Path(lake.lake_root, "staging", "dead", "part.json")
    stray.parent.mkdir(parents=True)
    stray.write_text(f'{{"name": "{ANN}"}}')
    left = r"something of the person is still there; given: 1 places: .*dead/part\.json"
    with pytest.raises(ErasureError, match=left):
        erase(lake, "customer=1000001", "e3")
    stray.unlink()
    return record_of(lake, "e3")


def assert_records_name_what_was_found(looked, proven, record):
    """Of a dry run, of the erasure after one that died, and of one that finds nothing any more."""
    expected = {
        "silver.customers": 1,
        "bronze.shop__customers": 3,
        "quarantine of bronze.shop__customers": 1,
        "silver.customer_versions": 3,
        "events of silver.customer_versions": 3,
        # Each name that was hers alone; the other one is Bob's as well.
        "vault of silver.customers": 2,
        "vault of silver.customer_versions": 2,
        "silver.orders": 1,
        "bronze.shop__orders": 5,
        "quarantine of silver.orders": 2,
        "tombstones of silver.orders": 1,
        "bronze.shop__parcels": 2,
        "gold.totals": 1,
    }
    assert expected == places(looked)
    # What the dead run deleted is not found again; the rows by which others are found are.
    assert places(proven).items() < expected.items()
    assert {"silver.customers", "bronze.shop__customers", "bronze.shop__orders"} <= places(proven).keys()
    assert proven.scanned_files > 0
    assert ({}, (), ()) == (places(record), record.left, looked.left)
    assert "silver.orders.state: rows of others hold the same value, so what it leads to was left" in looked.to_look_at
    # Sixty days in the log, a week until upkeep, a fortnight as old versions of objects, and whole days at both ends.
    # The day may end meanwhile.
    assert (record.complete_on - datetime.fromisoformat(record.finished_at).date()).days in {83, 84}
    assert re.fullmatch(r"k1:[0-9a-f]{64}", record.subject_hash)
    assert "1000001" not in proven.model_dump_json()


def assert_only_others_are_left(lake):
    assert [BOTH] == names_of(lake, "silver.customers") == names_of(lake, "silver.customer_versions")
    assert (["P3"], ["/totals/2"]) == ([row[0] for row in lake.rows("bronze.shop__parcels")], list(served.rows()))
    assert ["new"] == [row[0] for row in lake.rows("silver.stock")]
    assert [] == files_that_tell(lake, ANN)


def assert_she_does_not_come_back(lake):
    """The source sends Ann once more, in a file that was changed, beside somebody new."""
    lake.land("bronze.shop__customers", HEADER, f"1000001,{ANN},{ELEVEN}", f"3,Cy,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"13,1000001,5,new,{TEN}", f"14,3,8,new,{TEN}")
    ran = lake.run("r4")
    assert {Status.UNCHANGED, Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    assert {"read": 2, "inserted": 1, "superseded": 1} == ran.books("bronze.shop__customers")
    assert ([2, 3], [2, 3]) == tuple([r[0] for r in lake.rows(f"silver.customer{t}")] for t in ("s", "_versions"))
    assert [(11, 2), (14, 3)] == [row[:2] for row in lake.rows("silver.orders")]
    assert {"/totals/2", "/totals/3"} == set(served.expected(lake)) == set(served.rows())
    assert [] == files_that_tell(lake, ANN)


def assert_a_refused_row_of_hers_leaves_no_trace(lake):
    """The source sends Ann in a row that is refused, but whose key can be read."""
    append = "{property: writeDisposition, value: append}"
    refusing = "{property: schemaContract, value: quarantineRow}"
    lake.amend("bronze.shop__customers", append, f"{append}\n      - {refusing}")
    lake.land("bronze.shop__customers", f"{HEADER},note", f"1000001,{ANN},{ELEVEN},x", f"3,Cy,{ELEVEN},x")
    ran = lake.run("r5", (Step.INGEST,), ("bronze.shop__customers",))
    assert {"read": 2, "quarantined": 1, "superseded": 1} == ran.books("bronze.shop__customers")
    assert [] == files_that_tell(lake, ANN)


CARDS = """\
      - {name: order_id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Number.}
      - {name: amount_eur, logicalType: number, physicalType: "decimal(12,2)", description: "Amount, EUR."}
"""
CARDS_SERVED = 'servers:\n  - {server: api, type: api, location: "/cards/{order_id}"}\nschema:\n'


@pytest.mark.slow
@pytest.mark.extra
def test_erasure_after_one_that_died_unpublishes_the_person_and_fails_while_another_run_writes(small_lake, monkeypatch):
    lake = small_lake
    cards = contract("gold.cards", CARDS, {"writeDisposition": "refresh"}).replace("schema:\n", CARDS_SERVED)
    made = {"gold.cards": cards, "gold.cards.sql": "SELECT order_id, amount_eur FROM silver.orders"}
    lake.files = PERSONAL | made
    lake.only("bronze.shop__customers", "bronze.shop__orders", "silver.customers", "silver.orders", "gold.cards")
    lake.land("bronze.shop__customers", HEADER, f"1000001,{ANN},{TEN}", f"2,{BOTH},{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"10,1000001,5,new,{TEN}", f"11,2,7,new,{TEN}")
    lake.run("r1")
    assert {"/cards/10", "/cards/11"} == set(served.rows())

    with monkeypatch.context() as dying:
        dying.setattr("jobs.erase.flow.publish", die)
        with pytest.raises(TerminalError, match="the run dies here"):
            erase(lake, "customer=1000001", "e1")
    assert {"/cards/10", "/cards/11"} == set(served.rows())

    begun = leased_by(lake.job(Step.REFINE), "silver.customers")
    publish_and_begin = [publish, lambda *_: begun.__enter__()]
    with monkeypatch.context() as racing:
        racing.setattr("jobs.erase.flow.publish", lambda *facts: [do(*facts) for do in publish_and_begin])
        with pytest.raises(LeaseHeldError, match=r"silver\.customers is being written by another job run"):
            erase(lake, "customer=1000001", "e2")
    begun.__exit__(None, None, None)
    assert {"/cards/11"} == set(served.rows())
    assert () == erase(lake, "customer=1000001", "e3").left


def test_unreadable_requests_are_refused_without_quoting_the_person(tmp_path, small_lake):
    small_lake.files = dict(PERSONAL)

    with pytest.raises(UnknownNameError, match="unknown kind of subject; given: 'pet'; expected: one of customer"):
        search_steps(small_lake.catalog, "pet")
    with pytest.raises(TerminalError, match="expected: KIND=ID") as refused:
        ErasureRequest.of_text("7654321")
    assert "7654321" not in str(refused.value)
    with pytest.raises(ValidationError) as refused:
        ErasureRequest.model_validate_json('{"kind": "customer", "id": ["7654321"]}')
    assert "7654321" not in str(refused.value)
    assert "29485" == ErasureRequest.model_validate_json('{"kind": "customer", "id": 29485}').id


def test_a_record_that_a_topic_refused_is_searched_in_its_bytes(spark, small_lake):
    value = b64encode(b'{"customer_id": 1000001, "name": "' + ANN.encode() + b'"}').decode()
    refused = json.dumps({"topic": "customers", "key": None, "value": value, "headers": []})
    files = pa.BufferOutputStream()
    pq.write_table(pa.table({"row": [refused, None, "no JSON", '{"value": 1, "key": "?"}']}), files)
    content = files.getvalue().to_pybytes()
    assert (True, False) == (holds(content, [ANN]), holds(content, [BOTH]))

    text = small_lake.files["bronze.shop__customers"]
    files = 'server: shop, type: s3, location: "s3://landing/shop__customers/*.csv", format: csv'
    small_lake.files = {"bronze.shop__customers": text.replace(files, "server: k, type: kafka, host: h, format: json")}
    small_lake.only("bronze.shop__customers")
    table = small_lake.catalog.table("bronze.shop__customers")
    rows = spark.createDataFrame([(refused,), ("no JSON of 1000001",), ("{}",)], "row string").alias("t")
    found = rows.where(F.expr(searchable_text(table)).rlike("(?<![0-9A-Za-z])1000001(?![0-9A-Za-z])"))
    assert [refused, "no JSON of 1000001"] == [r[0] for r in found.collect()]


@pytest.mark.extra
def test_nobody_is_erased_while_a_table_lies_where_it_would_not_be_searched(small_lake):
    lake, table = small_lake, "bronze.shop__customers"
    lake.files = {table: FILES[table]}
    lake.land(table, HEADER, f"1000001,{ANN},{TEN}", f"2,{BOTH},{TEN}")
    lake.run("r1", (Step.INGEST,))
    old = lake.location(table)
    lake.files = dict(PERSONAL)
    lake.only(*PERSONAL)

    with pytest.raises(ContractError) as refused:
        erase(lake, "customer=1000001", "e1", dry_run=True)
    assert f"its rows lie at {old}" in str(refused.value)
    shutil.move(old, lake.location(table))
    assert {table: 1} == places(erase(lake, "customer=1000001", "e1", dry_run=True))


@pytest.mark.extra
def test_person_is_erased_and_the_erasure_red_while_a_dropped_table_may_hold_them(small_lake):
    lake, table = small_lake, "bronze.shop__customers"
    lake.files = dict(PERSONAL)
    lake.land(table, HEADER, f"1000001,{ANN},{TEN}", f"2,{BOTH},{TEN}")
    lake.run("r1", (Step.INGEST,))
    pii = Path(pii_folder(lake.lake_root))
    clear = [pii / "bronze" / "shop__members", pii / "quarantine" / "bronze" / "shop__members"]
    clear += [pii / "vault" / "silver" / "members"]
    dropped = [*clear, *(Path(lake.lake_root, place, "silver", "members") for place in (".", "tombstones", "events"))]
    for place in dropped:
        shutil.copytree(lake.location(table), place)
    told = [f"{place}: not searched, since no contract has this table; remove it" for place in dropped]

    def unsearched(record):
        return [text for text in record.to_look_at if "no contract" in text]

    assert sorted(told) == sorted(unsearched(erase(lake, "customer=1000001", "look", dry_run=True)))
    for run_id, subject in (("e1", "customer=1000001"), ("e2", "customer=3")):
        with pytest.raises(ErasureError) as refused:
            erase(lake, subject, run_id)
        assert f"given: {', '.join(map(str, clear))};" in str(refused.value)
        assert sorted(told) == sorted(unsearched(record_of(lake, run_id)))
    assert {table: 1} == places(record_of(lake, "e1"))
    assert [("2", BOTH)] == [(row["customer_id"], row["name"]) for row in lake.frame(table).collect()]

    for place in dropped:
        shutil.rmtree(place)
    assert [] == unsearched(erase(lake, "customer=1000001", "e3"))
    assert [] == files_that_tell(lake, ANN)


@pytest.mark.extra
def test_a_part_of_a_key_that_others_share_leads_to_no_rows(small_lake):
    clicks = """\
      - name: visitor
        logicalType: string
        physicalType: string
        primaryKey: true
        primaryKeyPosition: 1
        transformSourceObjects: [bronze.shop__clicks]
        description: Browser.
      - name: clicked_at
        logicalType: timestamp
        physicalType: timestamp
        primaryKey: true
        primaryKeyPosition: 2
        description: Moment.
      - {name: order_id, logicalType: integer, physicalType: bigint, description: Order.}
"""
    key, merged = "visitor", {"writeDisposition": "merge", "sequenceBy": "[clicked_at]"}
    clicks = referring(clicks, "order_id", "silver.orders.order_id")
    small_lake.files = {
        **PERSONAL,
        "bronze.shop__clicks": bronze("bronze.shop__clicks", "append", key, "clicked_at", "order_id"),
        "silver.clicks": contract("silver.clicks", clicks, merged),
        "bronze.shop__visits": referring(
            bronze("bronze.shop__visits", "append", "visit", key), key, "silver.clicks.visitor"
        ),
    }
    small_lake.land("bronze.shop__customers", HEADER, f"1000001,{ANN},{TEN}", f"2,{BOTH},{TEN}")
    anns = [f"10,1000001,5,new,{TEN}", f"12,1000001,5,new,{TEN}"]
    small_lake.land("bronze.shop__orders", ORDERS, *anns, f"11,2,7,new,{TEN}")
    clicks = [f"both,{NINE},10", f"both,{TEN},11", f"hers,{NINE},", f"hers,{TEN},12"]
    small_lake.land("bronze.shop__clicks", "visitor,clicked_at,order_id", *clicks)
    small_lake.land("bronze.shop__visits", "visit,visitor", "a,both", "b,hers", "c,hers")
    small_lake.run("r1", (Step.INGEST,))

    record = erase(small_lake, "customer=1000001", "look", dry_run=True)
    expected = {"customers": 1, "orders": 2, "clicks": 2, "visits": 2}
    assert {f"bronze.shop__{name}": rows for name, rows in expected.items()} == places(record)
    shared = "silver.clicks.visitor: rows of others hold the same value, so what it leads to was left"
    assert shared in record.to_look_at


HASHED = """logicalType: string
        physicalType: string
        classification: restricted
        customProperties: [{property: treatment, value: hmac}]"""
PARCELS = f"""\
      - name: parcel
        logicalType: string
        physicalType: string
        primaryKey: true
        transformSourceObjects: [bronze.shop__parcels]
        description: Parcel.
      - name: order_id
        {HASHED}
        relationships: [{{to: orders.order_id}}]
        description: Order.
      - {{name: weight, logicalType: integer, physicalType: int, description: Weight.}}
      - {{name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}}
"""


@pytest.mark.extra
def test_refused_rows_are_found_however_their_values_are_written_and_without_those_that_are_treated(small_lake):
    lake, closed = small_lake, "{name: order_id, classification: restricted, "
    landed = bronze("bronze.shop__parcels", "append", "parcel", "order_id", "weight", "changed_at")
    whole = "logicalType: integer\n        physicalType: bigint"
    lake.files = {
        **PERSONAL,
        "bronze.shop__orders": FILES["bronze.shop__orders"].replace("{name: order_id, ", closed),
        "silver.orders": FILES["silver.orders"].replace(whole, HASHED, 1),
        "bronze.shop__parcels": landed.replace("{name: order_id, ", closed),
        "silver.parcels": contract("silver.parcels", PARCELS, KEY_AND_SEQUENCE),
    }
    lake.only(*(name for name in lake.files if "stock" not in name and "totals" not in name))
    lake.land("bronze.shop__customers", HEADER, f"1000001,{ANN},{TEN}", f"2,{BOTH},{TEN}")
    anns = [f"10,1000001,5,new,{TEN}", f"12, 01000001,-1,new,{TEN}", f"14,01000001,-2,new,{TEN}"]
    lake.land("bronze.shop__orders", ORDERS, *anns, f"11,2,7,new,{TEN}", f"13,02,-1,new,{TEN}")
    parcels = [f"P1,10,3,{TEN}", f"P2,10,heavy,{TEN}", f"P3,11,heavy,{TEN}"]
    lake.land("bronze.shop__parcels", "parcel,order_id,weight,changed_at", *parcels)
    lake.run("r1", (Step.INGEST, Step.REFINE))
    # Of one the quarantine alone is left.
    lake.spark.sql(f"DELETE FROM delta.`{lake.location('bronze.shop__orders')}` WHERE order_id = '14'")
    refused = {table: lake.refused(table) for table in ("silver.orders", "silver.parcels")}
    assert [3, 2] == [len(rows) for rows in refused.values()]

    record = erase(lake, "customer=1000001", "e1")
    expected = {
        "silver.customers": 1,
        "bronze.shop__customers": 1,
        "vault of silver.customers": 1,
        "silver.orders": 1,
        "bronze.shop__orders": 2,
        "quarantine of silver.orders": 2,
        "silver.parcels": 1,
        "bronze.shop__parcels": 2,
        "quarantine of silver.parcels": 1,
    }
    assert (expected, ()) == (places(record), record.left)
    bobs = {"silver.orders": "shop__orders/002.csv#6", "silver.parcels": "shop__parcels/003.csv#4"}
    kept = {table: [row for row in rows if row[2] == bobs[table]] for table, rows in refused.items()}
    assert [1, 1] == [len(rows) for rows in kept.values()]
    assert kept == {table: lake.refused(table) for table in refused}


@pytest.mark.parametrize(
    "properties, subject, said",
    [
        pytest.param(TOKENIZED, "changed_at", "subject is not the table's key; given: changed_at", id="key"),
        pytest.param(TOKENIZED, "name", "subject is treated, and nobody could ask for it; given: name", id="treated"),
        pytest.param(
            VERSIONS.replace("silver.customers.customer_id", "silver.orders.amount_eur"),
            "customer_id",
            "column customer_id refers to what cannot hold its values; given: silver.orders.amount_eur; "
            "expected: a column that is there, of type bigint",
            id="another type",
        ),
        pytest.param(
            VERSIONS.replace("silver.customers.customer_id", "somewhere"),
            "customer_id",
            "column customer_id refers to what is no column; given: somewhere; expected: <layer>.<table>.<column>",
            id="no column",
        ),
    ],
)
def test_a_contract_that_cannot_lead_to_a_person_is_refused(small_lake, properties, subject, said):
    small_lake.files = PERSONAL | {
        "silver.customers": contract("silver.customers", properties, KEY_AND_SEQUENCE | {"subject": subject})
    }

    with pytest.raises(ContractError, match=said):
        _ = small_lake.catalog


def test_a_query_that_makes_rows_of_a_person_is_refused_unless_the_landed_rows_lead_to_them(small_lake):
    made = {"silver.customers.sql": "SELECT *, _sequence, _source_position FROM batch"}
    leading = referring(PERSONAL["bronze.shop__customers"], "customer_id", "silver.customers.customer_id")
    untokenized = PERSONAL["silver.customers"].replace("value: tokenize", "value: hmac")
    small_lake.files = PERSONAL | made | {"silver.customers": untokenized}

    with pytest.raises(ContractError) as refused:
        _ = small_lake.catalog
    assert "shop__customers.odcs.yaml" in str(refused.value)
    assert "an erasure of a customer would leave their rows here; given: silver.customers, which" in str(refused.value)
    assert "to fix: write refersTo: silver.customers.customer_id on the column" in str(refused.value)
    small_lake.files |= {"bronze.shop__customers": leading}
    reached = [str(step.table.name) for step in search_steps(small_lake.catalog, "customer")]
    assert {"bronze.shop__customers", "silver.customers"} <= set(reached)


@pytest.mark.examples
def test_the_contracts_reach_a_person_in_every_table_that_may_hold_something_of_them():
    catalog = load_catalog()
    found = {kind: {str(step.table.name) for step in search_steps(catalog, kind)} for kind in subjects(catalog)}

    assert {"contact", "customer", "lead"} == set(found)
    # Every table with personal columns is reached, except those of companies.
    personal = {n for n, t in catalog.tables.items() if t.is_personal}
    assert {"bronze.crm__accounts", "bronze.salesforce__accounts"} == personal - set().union(*found.values())
    assert {
        "bronze.crm__contacts",
        "silver.contacts",
        "bronze.salesforce__contacts",
        "silver.salesforce_contacts",
        "silver.leads",
        "silver.tasks",
        "silver.cases",
        "silver.campaign_members",
    } <= found["contact"]
    assert {
        "bronze.snowflake__customers",
        "bronze.snowflake__persons",
        "bronze.snowflake__orders",
        "bronze.snowflake__order_lines",
        "bronze.snowflake__addresses",
        "bronze.kafka__order_changes",
        "bronze.kafka__order_events",
        "bronze.redshift__behaviour_events",
        "silver.customers",
        "silver.customers_history",
        "silver.orders",
        "silver.order_lines",
        "silver.order_events",
        "silver.sessions",
        "gold.customer_dim",
        "gold.sales_fact",
    } <= found["customer"]
