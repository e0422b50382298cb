"""The lake's own contracts: they follow the standard, and keep what the house promises of every table."""

import csv
import io
import json
import zipfile
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import sqlglot
import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from scripts.sources.delivered_events import sample_events
from scripts.sources.made_up import made_up_files
from scripts.sources.order_events import messages, schema_files
from scripts.sources.salesforce.records import field_types, salesforce_records
from shared.contracts import Disposition, Kind, Severity, load_catalog
from shared.contracts.catalog import FOLDER
from shared.contracts.document import read_document
from shared.names import Layer

SAMPLES = Path(__file__).parents[3] / "scripts" / "samples"
FILES = sorted(FOLDER.glob("*/*.odcs.yaml"))
TABLES = list(load_catalog().tables.values())
PERSONAL = ("confidential", "restricted")
SCHEMA = resources.files("open_data_contract_standard") / "schema.json"
STANDARD = jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

of_file = pytest.mark.parametrize("file", [pytest.param(f, id=f"{f.parent.name}.{f.stem}") for f in FILES])
of_table = pytest.mark.parametrize("table", [pytest.param(t, id=str(t.name)) for t in TABLES])


def kinds(*kinds):
    return pytest.mark.parametrize("table", [pytest.param(t, id=str(t.name)) for t in TABLES if t.kind in kinds])


@of_file
def test_a_contract_follows_the_json_schema_of_the_standard(file):
    content = yaml.safe_load(file.read_text(encoding="utf-8"))

    assert [] == [f"{list(e.path)}: {e.message}" for e in STANDARD.iter_errors(content)]


@of_file
def test_a_contract_is_read_by_the_standards_own_model(file):
    contract = OpenDataContractStandard.from_file(str(file))

    assert file.name.removesuffix(".odcs.yaml") == contract.name


def test_every_contract_is_a_table():
    assert {f"{f.parent.name}.{f.name.removesuffix('.odcs.yaml')}" for f in FILES} == {str(t.name) for t in TABLES}


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


def test_ids_are_unique():
    ids = [read_document(f).contract.id for f in FILES]

    assert sorted(set(ids)) == sorted(ids)


@of_table
def test_descriptions_are_sentences(table):
    texts = {"table": table.description, "grain": table.grain, **{c.name: c.description for c in table.columns}}

    assert {} == {what: text for what, text in texts.items() if not text.endswith(".") or text[0] == " "}


@of_table
def test_amounts_say_their_currency(table):
    currencies = {"_usd": "USD", "_eur": "EUR"}
    amounts = {c.name: (c.description, currencies[c.name[-4:]]) for c in table.columns if c.name[-4:] in currencies}

    assert {} == {name: text for name, (text, currency) in amounts.items() if currency not in text}


@kinds(Kind.INGESTED)
def test_a_bronze_table_is_named_after_its_source(table):
    assert table.source.system == table.name.table.partition("__")[0]


@kinds(Kind.INGESTED)
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
    """The fields of a topic's records: of the newest schema, or of a row that Debezium tells and what it says of it."""
    if envelope:
        return [*json.loads(sent[0].value)["after"], "debezium_op", "debezium_ts_ms"]
    *_, (_, newest) = schema_files()
    return [field["name"] for field in json.loads(newest)["fields"]]


@kinds(Kind.INGESTED)
def test_only_a_source_without_a_timestamp_is_read_whole(table):
    stamps = {"modifieddate", "timestamp"}
    is_whole = table.source.type in ("snowflake", "redshift") and not stamps & {*table.column_names}

    assert is_whole == (table.disposition is Disposition.SNAPSHOT)


@kinds(Kind.REFINED, Kind.BUILT)
def test_no_personal_data_leaves_bronze_untreated(table):
    inputs = [load_catalog().table(str(name)) for name in table.inputs]
    personal = {c.name for t in inputs for c in t.columns if c.classification in PERSONAL and not c.treatment}
    clear = [c for c in table.columns if c.treatment is None]
    texts = [table.query.sql] if table.query else [f"SELECT {c.logic or f'`{c.name}`'}" for c in clear]
    named = {c.name for text in texts for c in sqlglot.parse_one(text, dialect="spark").find_all(exp.Column)}

    assert set() == personal & named


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


@kinds(Kind.REFINED, Kind.BUILT)
def test_every_table_above_bronze_closes_its_gate_when_empty(table):
    errors = {r.name for r in table.table_rules if r.severity is Severity.ERROR}

    assert "not_suddenly_empty" in errors


@kinds(Kind.BUILT)
def test_a_query_names_only_columns_its_inputs_have(table):
    schema = MappingSchema(dialect="spark")
    for name in table.query.inputs:
        schema.add_table(str(name), {c.name: c.type for c in load_catalog().table(str(name)).all_columns})

    qualified = qualify(sqlglot.parse_one(table.query.sql, dialect="spark"), schema=schema, dialect="spark")

    # The events of a history say beside its columns what is deleted.
    assert table.column_names == tuple(n for n in qualified.named_selects if n != table.apply_as_deletes)


@kinds(Kind.BUILT)
def test_a_query_casts_every_column_to_the_contracts_type(table):
    if table.flows:
        pytest.skip("a table over flows has the types of its flows, and is refused with others")
    query = sqlglot.parse_one(table.query.sql, dialect="spark")
    given = {e.alias: e.unalias().to.sql(dialect="spark").lower().replace(" ", "") for e in query.expressions}
    mark = {table.apply_as_deletes: "boolean"} if table.apply_as_deletes else {}

    assert {c.name: c.type for c in table.columns} | mark == given


def test_every_currency_of_the_ecb_becomes_a_row():
    catalog = load_catalog()
    wide = catalog.table("bronze.ecb__fx_rates").column_names
    query = catalog.table("silver.fx_rates").query.sql.replace("`", "")

    assert [] == [c for c in wide if c != "date" and f"{c} AS {c.upper()}" not in query]
