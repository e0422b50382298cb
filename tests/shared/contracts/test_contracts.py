"""The lake's own contracts: they follow the standard, and the rules that hold for every table."""

import json
from importlib import resources

import jsonschema
import pytest
import sqlglot
import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from shared.contracts import Kind, Severity, load_catalog
from shared.contracts.catalog import FOLDER
from shared.contracts.document import read_document

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


@kinds(Kind.REFINED, Kind.BUILT)
def test_no_personal_data_leaves_bronze_untreated(table):
    inputs = [load_catalog().table(str(name)) for name in table.inputs]
    personal = {c.name for t in inputs for c in t.columns if c.classification in PERSONAL and not c.treatment}
    clear = [c for c in table.columns if c.treatment is None]
    texts = [table.query.sql] if table.query else [f"SELECT {c.logic or f'`{c.name}`'}" for c in clear]
    named = {c.name for text in texts for c in sqlglot.parse_one(text, dialect="spark").find_all(exp.Column)}

    assert set() == personal & named


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

    # The events of a history mark deletes in a column besides the contract's.
    assert table.column_names == tuple(n for n in qualified.named_selects if n != table.apply_as_deletes)


@kinds(Kind.BUILT)
def test_a_query_casts_every_column_to_the_contracts_type(table):
    if table.flows:
        pytest.skip("a table over flows has the types of its flows, and is refused with others")
    query = sqlglot.parse_one(table.query.sql, dialect="spark")
    given = {e.alias: e.unalias().to.sql(dialect="spark").lower().replace(" ", "") for e in query.expressions}
    mark = {table.apply_as_deletes: "boolean"} if table.apply_as_deletes else {}

    assert {c.name: c.type for c in table.columns} | mark == given
