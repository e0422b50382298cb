"""The examples in the documents are valid contracts and queries, and do what the documents say."""

import json
import shutil
from importlib import resources
from typing import get_args

import duckdb
import jsonschema
import pytest
import sqlglot
import yaml
from pydantic import BaseModel

from shared.config import Environment
from shared.contracts import Disposition, Kind, load_catalog
from shared.contracts.catalog import FOLDER
from shared.contracts.columns import TYPES
from shared.contracts.compile import TABLE_PROPERTIES
from shared.contracts.odcs import Contract
from shared.errors import ContractError
from shared.names import Layer
from tests.docs.documents import document, documents
from tests.oracle.answer import arrow_schema, expected
from tests.oracle.compare import assert_same_rows

pytestmark = pytest.mark.examples

CONTRACTS = "shared/contracts/"
SETTINGS = "shared/config/"
BLOCKS = [block for doc in documents() for block in doc.blocks]
EXAMPLES = {b.file.removeprefix(CONTRACTS): b.text for b in BLOCKS if b.file.startswith(CONTRACTS)}
PAGE = document("docs/contracts.md")
WORDS = {word for code in PAGE.code for word in code.replace(":", " ").split()}
ADDED = "gold.product_revenue"
ORACLE = "tests/oracle/gold.py"
SCHEMA = resources.files("open_data_contract_standard") / "schema.json"
STANDARD = jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def catalog_with(folder, examples):
    """The catalog of the lake's own contracts together with examples."""
    for layer in Layer:
        shutil.copytree(FOLDER / layer, folder / layer)
    for name, text in examples.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_catalog(folder)


def test_every_contract_and_query_that_is_shown_is_a_whole_example():
    known = (CONTRACTS, SETTINGS)

    assert [] == [b.text for b in BLOCKS if b.language in {"yaml", "sql"} and not b.file.startswith(known)]
    assert {} == {name: "exists already" for name in EXAMPLES if (FOLDER / name).exists()}


@pytest.mark.parametrize("text", [b.text for b in BLOCKS if b.file.startswith(SETTINGS)])
def test_settings_that_are_shown_are_an_environments(text):
    shown = yaml.safe_load(text)
    environment = Environment.model_validate({"name": "shown", "owner": "reader", **shown})

    assert shown.keys() <= environment.model_fields_set


def test_the_examples_are_tables_of_the_lake(tmp_path):
    catalog = catalog_with(tmp_path, EXAMPLES)

    assert {
        "bronze.snowflake__returns": Kind.INGESTED,
        "silver.returns": Kind.REFINED,
        "gold.returns_by_day": Kind.BUILT,
        ADDED: Kind.BUILT,
    } == {name: catalog.tables[name].kind for name in catalog.tables.keys() - load_catalog().tables.keys()}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(".yaml")])
def test_an_example_follows_the_json_schema_of_the_standard(name):
    assert [] == [f"{list(e.path)}: {e.message}" for e in STANDARD.iter_errors(yaml.safe_load(EXAMPLES[name]))]


@pytest.mark.parametrize(
    "name, old, new",
    [
        pytest.param("silver/returns.odcs.yaml", "bigint\n        primaryKey", "long\n        primaryKey", id="a type"),
        pytest.param("silver/returns.odcs.yaml", "WHERE quantity", "WHERE pieces", id="a column of a rule"),
        pytest.param("silver/returns.odcs.yaml", "to: orders.order_id", "to: order.order_id", id="a parent"),
        pytest.param("bronze/snowflake__returns.odcs.yaml", "primaryKey: true", "primarykey: true", id="a key"),
    ],
)
def test_a_wrong_contract_is_refused_in_the_words_of_the_page(tmp_path, name, old, new):
    assert 1 == EXAMPLES[name].count(old)
    with pytest.raises(ContractError) as refused:
        catalog_with(tmp_path, EXAMPLES | {name: EXAMPLES[name].replace(old, new)})

    assert any(_says(line, str(refused.value)) for block in PAGE.blocks for line in block.text.splitlines())


def _says(line, error):
    """Whether a line is the text of an error, where `…` stands for what was left out."""
    begin, _, end = line.partition("…")
    return line == error or ("…" in line and error.startswith(begin) and error.endswith(end))


def test_the_page_names_every_key_that_is_accepted():
    custom = set().union(*TABLE_PROPERTIES.values())

    assert set() == (_keys(Contract) | custom) - WORDS


def test_the_page_names_every_disposition_type_and_metric():
    metrics = set(_metrics(Contract))

    assert {"rowCount", "duplicateValues"} <= metrics
    assert set() == ({*Disposition, *TYPES} | metrics) - WORDS


def _models(model):
    """A model and all models inside it."""
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part)


def _keys(model):
    return {field.alias or name for part in _models(model) for name, field in part.model_fields.items()}


def _metrics(model):
    fields = [part.model_fields["metric"] for part in _models(model) if "metric" in part.model_fields]
    return [value for field in fields for part in get_args(field.annotation) for value in get_args(part)]


def test_the_added_table_holds_what_its_test_says(tmp_path):
    table = catalog_with(tmp_path, EXAMPLES).table(ADDED)
    [block] = [b for b in BLOCKS if b.file == ORACLE]
    said = {}
    exec(block.text, said)  # noqa: S102 - the code of our own README
    with duckdb.connect() as db:
        for layer in Layer:
            db.execute(f"CREATE SCHEMA {layer}")
        for name in table.inputs:
            db.register("rows", expected(2)[str(name)])
            db.execute(f"CREATE TABLE {name} AS FROM rows")
        [query] = sqlglot.transpile(table.query.sql, read="spark", write="duckdb")
        built = db.sql(query).to_arrow_table().cast(arrow_schema(table))
        db.execute(said["PRODUCTS"])
        tested = db.sql(f"FROM {ADDED}").to_arrow_table().cast(arrow_schema(table))

    assert built.num_rows > 0
    assert_same_rows(tested, built, table.primary_key)
    # An order was cancelled on the second day.
    assert not all(expected(2)["gold.sales_fact"]["is_revenue"].to_pylist())
    by_day, by_product = expected(2)["gold.daily_revenue"], built
    for column in ("units", "revenue_eur"):
        assert sum(by_day[column].to_pylist()) == sum(by_product[column].to_pylist())
