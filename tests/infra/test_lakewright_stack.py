"""The stack as a whole: its parts, logical ids that must not change, and how it grows."""

import json
import re
from dataclasses import replace

import pytest

from infra.artifacts import ASSET_PREFIX
from scripts.comparing.replacements import STATEFUL
from scripts.operating import teardown
from shared.config import load_environment
from shared.contracts import Catalog, Column, load_catalog
from shared.names import Layer, Names, TableName
from tests.support.cloud import synthesize

NESTED = {"Storage", "Catalog", "Secrets", "Compute", "Orchestration", "Serving"}
OPTIONAL = {"Governance", "Observability"}
RESOURCES_LIMIT = 500
OUTPUTS_LIMIT = 200
TEMPLATE_LIMIT_BYTES = 1_000_000

# A changed logical id makes CloudFormation create another resource and forget this one, data and all.
PINNED = {
    "AWS::KMS::Key": {"Storage/Key961B73FD", "Storage/PiiKey5DC31365"},
    "AWS::S3::Bucket": {
        "Storage/Logs6819BB44",
        "Storage/Lake5F1B88EA",
        "Storage/LandingF95672E9",
        "Storage/PiiFE5110BC",
    },
    "AWS::DynamoDB::Table": {"Storage/LeasesEBFF46EF", "Storage/KnownRuns2208A4CD", "Storage/Served72DDFB9B"},
    "AWS::Glue::Database": {"Catalog/Bronze", "Catalog/Silver", "Catalog/Gold", "Catalog/Vault"},
    "AWS::SecretsManager::Secret": {
        "Secrets/Kafka",
        "Secrets/PiiKey",
        "Secrets/Salesforce",
        "Secrets/Snowflake",
        "Secrets/SnowflakeMarts",
    },
}


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_one_top_level_stack_nests_all_others(clouds, env):
    stacks = clouds[env].of_type("AWS::CloudFormation::Stack")
    nested = {name.partition("/")[2] for name in stacks if name.startswith("/")}

    assert NESTED | (set() if env == "local" else OPTIONAL) == {name.partition("NestedStack")[0] for name in nested}


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_stack_has_the_environments_name_and_is_protected(clouds, env):
    manifest = json.loads((clouds[env].folder / "manifest.json").read_text())
    stack = manifest["artifacts"]["Lakewright"]["properties"]

    assert (Names(load_environment(env)).stack, True) == (stack["stackName"], stack["terminationProtection"])


def test_stack_names_no_account_and_no_region(cloud):
    manifest = json.loads((cloud.folder / "manifest.json").read_text())

    assert "aws://unknown-account/unknown-region" == manifest["artifacts"]["Lakewright"]["environment"]


def test_assets_lie_under_one_prefix(cloud):
    files = json.loads((cloud.folder / "Lakewright.assets.json").read_text())["files"].values()
    keys = [destination["objectKey"] for file in files for destination in file["destinations"].values()]

    assert [] == [key for key in keys if not key.startswith(ASSET_PREFIX)]


@pytest.mark.examples
@pytest.mark.parametrize("kind", PINNED)
def test_logical_ids_of_what_keeps_state_stay(cloud, kind):
    # Results of queries are no state.
    assert PINNED[kind] == {name for name in cloud.of_type(kind) if not name.startswith("Storage/Results")}


@pytest.mark.parametrize("kind", [kind for kind in PINNED if kind != "AWS::Glue::Database"])
def test_what_keeps_state_outlives_its_stack(cloud, kind):
    policies = {
        (r["DeletionPolicy"], r["UpdateReplacePolicy"])
        for key, r in cloud.of_type(kind).items()
        if not key.startswith("Storage/Logs")
    }

    assert {("RetainExceptOnCreate", "Retain")} == policies


def test_bucket_that_services_write_to_does_not_block_a_rollback(cloud):
    [logs] = [r for key, r in cloud.of_type("AWS::S3::Bucket").items() if key.startswith("Storage/Logs")]

    assert ("Retain", "Retain") == (logs["DeletionPolicy"], logs["UpdateReplacePolicy"])


def test_every_kind_that_keeps_state_is_pinned(cloud):
    """Tables are pinned by the rule that names them, below."""
    assert set(PINNED) | {"AWS::Glue::Table"} == {kind for kind in STATEFUL if cloud.of_type(kind)}


def test_what_outlives_the_stack_is_known_to_the_teardown(fullest):
    kept = {
        resource["Type"]
        for template in fullest.templates.values()
        for resource in template["Resources"].values()
        if resource.get("DeletionPolicy", "Delete").startswith("Retain")
    }

    assert kept <= set(teardown.STATEFUL)
    assert "AWS::S3::Bucket" in kept


def test_what_the_teardown_lists_as_kept_is_kept_where_its_deletion_is_allowed_too(fullest):
    """Deletion also takes a teardown with `--delete-data-of`: without it, everything stays."""
    policies = {
        (kind, resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        for kind in teardown.STATEFUL
        for key, resource in fullest.of_type(kind).items()
        if not key.startswith("Storage/Logs")
    }

    assert {(kind, "RetainExceptOnCreate", "Retain") for kind in teardown.STATEFUL} == policies


@pytest.mark.examples
def test_logical_ids_of_tables_come_from_their_names_alone(prod):
    """A recreated table has lost its tags, and is closed to everybody until they are set again."""
    expected = {
        "bronze.kafka__order_events": "CatalogBronze0/KafkaOrderEventsfae331",
        "silver.orders": "CatalogSilver1/Orders1c168a",
        "gold.sales_fact": "CatalogGold3/SalesFact916228",
    }
    found = {
        f"{p['DatabaseName']}.{p['TableInput']['Name']}": key
        for key, resource in prod.of_type("AWS::Glue::Table").items()
        for p in [resource["Properties"]]
    }

    assert expected == {table: found[table] for table in expected}


def ours_many_times(count):
    """The contracts again and again under other names, until there are enough, with the tables made of them."""
    known, tables = load_catalog().tables.values(), {}
    for turn in range(-(-count // len(known))):
        for table in known:
            place = table.served_at and replace(table.served_at, collection=f"{table.served_at.collection}-{turn}")
            inputs = tuple(_again(i, turn) for i in table.inputs)
            copy = replace(table, name=_again(table.name, turn), inputs=inputs, served_at=place)
            tables[str(copy.name)] = copy
    return Catalog(tables)


def _again(name, turn):
    return TableName(name.layer, f"{name.table}_again_{turn}") if turn else name


def all_in_one_layer(count):
    about = "What the column says, in the words of those who use it, as long as such a text is in a real contract."
    columns = tuple(Column(name=f"column_number_{i}", type="decimal(19,4)", description=about) for i in range(30))
    sample = load_catalog().table("bronze.crm__accounts")
    names = [TableName(Layer.BRONZE, f"crm__table_number_{i}") for i in range(count)]
    return Catalog({str(name): replace(sample, name=name, columns=columns) for name in names})


@pytest.mark.examples
@pytest.mark.parametrize("catalog", [ours_many_times, all_in_one_layer])
def test_a_thousand_tables_fit(tmp_path, catalog):
    contracts = catalog(1000)
    cloud = synthesize("prod", tmp_path / "out", catalog=contracts)
    sizes = {path.name: path.stat().st_size for path in cloud.folder.glob("*.template.json")}
    templates = cloud.templates
    resources = {name: len(template["Resources"]) for name, template in templates.items()}
    outputs = {name: len(template.get("Outputs", {})) for name, template in templates.items()}

    assert 1000 <= len(contracts.tables)
    assert len(contracts.tables) + len(contracts.vaults) == len(cloud.of_type("AWS::Glue::Table"))
    assert {} == {name: size for name, size in sizes.items() if size >= TEMPLATE_LIMIT_BYTES}
    assert {} == {name: count for name, count in resources.items() if count >= RESOURCES_LIMIT}
    assert {} == {name: count for name, count in outputs.items() if count >= OUTPUTS_LIMIT}


@pytest.mark.examples
@pytest.mark.parametrize("like", ["bronze.crm__contacts", "silver.orders", "gold.daily_revenue"])
def test_a_new_contract_adds_to_one_template_and_changes_no_other(prod, tmp_path, like):
    """Except for hashes: of that template, of the file that says who sees what, and of the code with the contracts."""
    known = load_catalog()
    added = replace(known.table(like), name=_again(TableName.parse(like), 1))
    grown = synthesize("prod", tmp_path / "out", catalog=Catalog({**known.tables, str(added.name): added}))
    [name] = [name for name in prod.templates if plain(prod.templates[name]) != plain(grown.templates[name])]
    before, after = prod.templates[name]["Resources"], grown.templates[name]["Resources"]

    assert set(prod.templates) == set(grown.templates)
    assert 1 == len(set(after) - set(before))
    assert before == {key: after[key] for key in before}


def plain(template):
    """A template as text, without its hashes."""
    return re.sub(r"\b[0-9a-f]{64}\b", "<hash>", json.dumps(template, sort_keys=True))
