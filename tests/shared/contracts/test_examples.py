"""The example tables: they have the columns of the samples, and personal data in the samples is classified."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from scripts.sources.delivered_events import sample_events
from scripts.sources.made_up import made_up_files
from scripts.sources.order_events import messages, schema_files
from scripts.sources.salesforce.records import field_types, salesforce_records
from shared.contracts import Disposition, Kind, load_catalog
from shared.names import Layer

pytestmark = pytest.mark.examples

SAMPLES = Path(__file__).parents[3] / "scripts" / "samples"
TABLES = list(load_catalog().tables.values())
PERSONAL = ("confidential", "restricted")

ingested = pytest.mark.parametrize(
    "table", [pytest.param(t, id=str(t.name)) for t in TABLES if t.kind is Kind.INGESTED]
)


def test_the_spine_has_its_tables():
    bronze = {
        *(
            f"snowflake__{e}"
            for e in ("orders", "order_lines", "customers", "persons", "stores", "products", "addresses")
        ),
        *(f"crm__{e}" for e in ("accounts", "contacts", "opportunities")),
        "ecb__fx_rates",
        "redshift__behaviour_events",
        "synthetic__click_bridge",
        "synthetic__order_returns",
    }
    silver = {"orders", "order_lines", "customers", "stores", "products", "accounts", "contacts", "opportunities"}
    silver |= {"behaviour_events", "sessions", "click_bridge", "order_returns"}
    gold = {"sales_fact", "daily_revenue", "customer_dim", "product_dim", "date_dim", "product_performance"}
    gold |= {"customer_segments", "customer_360", "marketing_attribution", "revenue_by_campaign"}

    expected = {Layer.BRONZE: bronze, Layer.SILVER: silver | {"fx_rates", "fx_rate_periods"}, Layer.GOLD: gold}

    for layer, names in expected.items():
        assert names <= {t.name.table for t in TABLES if t.name.layer is layer}


@ingested
def test_a_bronze_table_has_the_columns_of_its_source(table):
    assert sorted(header_of(table)) == sorted(table.column_names)


def header_of(table):
    """The columns of the sample of a bronze table, in lower case."""
    source = table.source.object
    if table.source.system == "redshift":
        names = list(sample_events()[0])
    elif table.source.system == "synthetic":
        folder = table.name.table.replace("__", "/")
        [content] = [content for name, content in made_up_files(1) if name.startswith(f"{folder}/")]
        names = content.decode().splitlines()[0].split(",")
    elif table.source.system == "salesforce":
        names = [n for n in salesforce_records(2)[source][0] if f"{source}.{n}" not in field_types()]
    elif table.source.system == "kafka":
        names = fields_of(messages(2)[source][0], table.source.envelope)
    elif table.source.system == "ecb":
        with zipfile.ZipFile(SAMPLES / "fx" / "eurofxref-hist.zip") as archive, archive.open(source) as file:
            names = next(csv.reader(io.TextIOWrapper(file, encoding="utf-8")))
    else:
        folder = {"snowflake": "snowflake_orders", "crm": "crm_salesforce"}[table.source.system]
        stem = source.lower() if table.source.system == "snowflake" else source
        with (SAMPLES / folder / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file))
    return [n.lower() for n in names if n]


def fields_of(sent, envelope):
    """The fields of a topic's records: those of the newest schema, or of a Debezium record and its row."""
    if envelope:
        return [*json.loads(sent[0].value)["after"], "debezium_op", "debezium_ts_ms"]
    *_, (_, newest) = schema_files()
    return [field["name"] for field in json.loads(newest)["fields"]]


@ingested
def test_only_a_source_without_a_timestamp_is_read_whole(table):
    stamps = {"modifieddate", "timestamp"}
    is_whole = table.source.type in ("snowflake", "redshift") and not stamps & {*table.column_names}

    assert is_whole == (table.disposition is Disposition.SNAPSHOT)


@pytest.mark.parametrize(
    "table, columns",
    [
        pytest.param("bronze.snowflake__persons", {"firstname", "middlename", "lastname"}, id="persons"),
        pytest.param("bronze.snowflake__addresses", {"addressline1", "city", "spatiallocation"}, id="addresses"),
        pytest.param("bronze.crm__accounts", {"phone", "fax", "billingstreet", "billingaddress"}, id="accounts"),
        pytest.param(
            "bronze.crm__contacts",
            {"name", "email", "phone", "birthdate", "mailingstreet", "gender__c", "driving_license_number__c"},
            id="contacts",
        ),
    ],
)
def test_personal_data_is_classified(table, columns):
    classified = {c.name for c in load_catalog().table(table).columns if c.classification in PERSONAL}

    assert columns == columns & classified


def test_every_currency_of_the_ecb_becomes_a_row():
    catalog = load_catalog()
    wide = catalog.table("bronze.ecb__fx_rates").column_names
    query = catalog.table("silver.fx_rates").query.sql.replace("`", "")

    assert [] == [c for c in wide if c != "date" and f"{c} AS {c.upper()}" not in query]
