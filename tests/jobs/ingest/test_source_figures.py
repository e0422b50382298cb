"""Each source system works out the same figures of the same rows, which plain Python has worked out before."""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal

import boto3
import pytest

from jobs.ingest import http_retry
from jobs.ingest.readers import FIGURES_READERS
from jobs.ingest.source_figures import CursorSpan
from scripts.sources.redshift.data_api import Fault
from scripts.sources.salesforce.stand_in import SalesforceStandIn
from shared.contracts import Source
from shared.contracts.source_model import ASKED
from shared.errors import SourceContentError, SourceUnavailableError

pytestmark = pytest.mark.slow

KEY = ("id", "note", "day", "changed")
COLUMNS = {
    "id": "bigint",
    "note": "string",
    "day": "date",
    "changed": "timestamp",
    "amount": "decimal(19,4)",
    "limit": "int",
    "paid": "boolean",
    "ratio": "double",
}
SPAN = CursorSpan(start="2024-01-02", last="2024-01-04 00:00:00", end="2024-01-03 12:00:00")


@pytest.fixture
def orders(table_of):
    """The orders that the stand-ins hold, whose key is made of all the types that a key may have."""

    def of(type_, columns=None, **facts):
        place = {"system": type_, "type": type_, "database": "SHOP", "schema": "SALES", "object": "ORDERS"}
        place |= {"database": "shop", "schema": "sales", "object": "orders"} if type_ == "redshift" else {}
        return replace(table_of(columns or COLUMNS, Source(**{**place, "cursor": "changed", **facts})), primary_key=KEY)

    return of


def hashed(*parts):
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()


def number(*hashes):
    return sum(int(h[:7], 16) for h in hashes)


def test_every_system_that_is_asked_for_windows_is_asked_for_figures():
    assert set(ASKED) == set(FIGURES_READERS)


def test_snowflake_tells_count_checksum_and_exact_sums(orders, snowflake, put_secret, job):
    put_secret(snowflake.secret)
    reader, table = FIGURES_READERS["snowflake"], orders("snowflake")
    keys = [
        hashed("1", 'it\'s "näive"', "2024-02-29", "1704067200000000"),
        hashed("2", "", "1969-12-31", "1704164645678901"),
        hashed("3", "x", "0001-01-01", "1704240000000000"),
        hashed("4", "no cursor", "9999-12-31", ""),
    ]

    whole = reader.figures(table, job, CursorSpan())
    assert (4, number(*keys)) == (whole.rows, whole.keys)
    assert {"amount": Decimal("1000000000000013.3454"), "limit": Decimal(3_000_000_014)} == whole.sums
    some = reader.figures(table, job, SPAN)
    assert (2, number(*keys[1:3])) == (some.rows, some.keys)
    assert {"amount": Decimal("999999999999999.9998"), "limit": Decimal(3_000_000_000)} == some.sums
    assert {"limit": None, "amount": Decimal("-0.0001")} == reader.figures(
        table, job, replace(SPAN, end="2024-01-03")
    ).sums
    none = reader.figures(table, job, CursorSpan(start="2030-01-01"))
    assert (0, 0, {"amount": None, "limit": None}) == (none.rows, none.keys, none.sums)
    assert {keys[2]} == reader.keys(
        table, job, CursorSpan(last="2024-01-02 03:04:05.678901", end="2024-01-02").beyond
    ) - {keys[1]}


def test_a_column_named_k_is_told_from_the_hash_of_the_key(orders, redshift, job):
    redshift.run("ALTER TABLE sales.orders ADD COLUMN k INTEGER DEFAULT 3")
    reader, table = FIGURES_READERS["redshift"], orders("redshift", COLUMNS | {"k": "int"})
    table = replace(table, columns=tuple(c for c in table.columns if c.name not in ("limit", "amount")))
    assert {"k": Decimal(12)} == reader.figures(table, job, CursorSpan()).sums


def test_redshift_tells_the_same_page_by_page(orders, redshift, job):
    reader, table = FIGURES_READERS["redshift"], orders("redshift", COLUMNS | {"small": "int"})
    table = replace(table, columns=tuple(c for c in table.columns if c.name != "limit"))
    keys = [
        hashed("1", 'it\'s "näive" \\', "2024-02-29", "2024-01-01 00:00:00.000000"),
        hashed("2", "", "1969-12-31", "2024-01-02 03:04:05.678901"),
        hashed("3", "", "", "2024-01-04 00:00:00.000000"),
        hashed("4", "", "", ""),
    ]
    redshift.run("INSERT INTO sales.orders SELECT * FROM sales.orders WHERE id = 1")

    whole = reader.figures(table, job, CursorSpan())
    # A row that is there twice is one row in bronze.
    assert (4, number(*keys)) == (whole.rows, whole.keys)
    assert {"amount": Decimal("12.3455"), "small": Decimal(10)} == whole.sums
    assert set(keys) == reader.keys(table, job, CursorSpan())

    redshift.suffer(Fault.THROTTLED, Fault.DROPPED)
    assert 1 == reader.figures(table, job, SPAN).rows
    with pytest.raises(SourceContentError, match=r"bronze\.crm__things: redshift, shop\.sales\.none, its figures"):
        reader.figures(orders("redshift", object="none"), job, SPAN)


def test_salesforce_counts_what_is_not_deleted_and_names_what_changed(table_of, account, job, monkeypatch):
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0.0)
    columns = {"id": "string", "isdeleted": "string", "systemmodstamp": "string"}
    source = Source(system="salesforce", type="salesforce", object="Thing", cursor="systemmodstamp")
    table, reader = table_of(columns, source), FIGURES_READERS["salesforce"]
    stamps = [f"2026-01-0{day}T00:00:00.500Z" for day in (1, 2, 3, 4, 5, 6)]
    records = [{"Id": f"ä{i}", "IsDeleted": "false", "SystemModstamp": stamp} for i, stamp in enumerate(stamps, 1)]
    records[1]["IsDeleted"] = records[4]["IsDeleted"] = "true"
    org = SalesforceStandIn(page=2)
    org.start()
    org.hold({"Thing": records})
    secrets = boto3.client("secretsmanager", endpoint_url=account)
    secrets.create_secret(Name="lakewright/local/salesforce", SecretString=json.dumps(org.secret))
    span = CursorSpan(start="2026-01-01 00:00:00.000000", last=stamps[3], end="2026-01-03 12:00:00.000000")
    try:
        assert 4 == reader.figures(table, job, CursorSpan()).rows
        assert 2 == reader.figures(table, job, span).rows
        assert {hashed(f"ä{i}") for i in (4, 5, 6)} == reader.keys(table, job, span.beyond)
        whole = replace(table, columns=tuple(c for c in table.columns if c.name != "isdeleted"))
        assert 3 == reader.figures(whole, job, span).rows
        assert "isdeleted = false" not in org.queries[-1]
    finally:
        org.stop()
    with pytest.raises(SourceUnavailableError, match=r"bronze\.crm__things: salesforce, Thing, its figures"):
        reader.figures(table, job, span)
