"""The stack as a whole: what it is made of, what must not move, and how far it grows."""

import json
from pathlib import Path

import pytest

from infra.artifacts import ASSET_PREFIX
from shared.config import load_environment
from shared.contracts import Catalog, Column, Disposition, Kind, Table, load_catalog
from shared.names import Layer, Names, TableName
from tests.support.cloud import synthesize

NESTED = {"Storage", "Catalog", "Secrets", "Compute", "Orchestration"}
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
    "AWS::DynamoDB::Table": {"Storage/LeasesEBFF46EF", "Storage/KnownRuns2208A4CD"},
    "AWS::Glue::Database": {"Catalog/Bronze", "Catalog/Silver", "Catalog/Gold", "Catalog/Vault"},
    "AWS::SecretsManager::Secret": {
        "Secrets/Kafka",
        "Secrets/PiiKey",
        "Secrets/Salesforce",
        "Secrets/Snowflake",
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


@pytest.mark.parametrize("kind", PINNED)
def test_logical_ids_of_what_keeps_state_stay(cloud, kind):
    # What queries left is no state.
    assert PINNED[kind] == {name for name in cloud.of_type(kind) if not name.startswith("Storage/Results")}


@pytest.mark.parametrize("kind", [kind for kind in PINNED if kind != "AWS::Glue::Database"])
def test_what_keeps_state_outlives_its_stack(cloud, kind):
    policies = {(r["DeletionPolicy"], r["UpdateReplacePolicy"]) for r in cloud.of_type(kind).values()}

    assert {("RetainExceptOnCreate", "Retain")} == policies


def test_a_thousand_tables_fit(tmp_path):
    cloud = synthesize("prod", tmp_path / "out", catalog=_catalog(1000))
    sizes = {path.name: path.stat().st_size for path in cloud.folder.glob("*.template.json")}
    resources = {name: len(template["Resources"]) for name, template in cloud.templates.items()}
    outputs = {name: len(template.get("Outputs", {})) for name, template in cloud.templates.items()}

    assert 1000 == len(cloud.of_type("AWS::Glue::Table"))
    assert {} == {name: size for name, size in sizes.items() if size >= TEMPLATE_LIMIT_BYTES}
    assert {} == {name: count for name, count in resources.items() if count >= RESOURCES_LIMIT}
    assert {} == {name: count for name, count in outputs.items() if count >= OUTPUTS_LIMIT}


def test_a_new_contract_adds_to_one_template_and_changes_no_other(tmp_path):
    known = load_catalog()
    added = _table("silver.one_more", columns=3)
    prod = synthesize("prod", tmp_path / "before")
    grown = synthesize("prod", tmp_path / "after", catalog=Catalog({**known.tables, str(added.name): added}))
    changed = {
        name for name in prod.templates if prod.templates[name] != grown.templates[name] and name not in HOLD_HASHES
    }
    (name,) = changed
    before, after = prod.templates[name]["Resources"], grown.templates[name]["Resources"]

    assert set(prod.templates) == set(grown.templates)
    assert 1 == len(set(after) - set(before))
    assert before == {key: after[key] for key in before}


# The first two hold hashes of templates, the third that of the file that says who sees what.
HOLD_HASHES = {"", "Catalog", "Governance"}


def _catalog(count):
    tables = [_table(f"{list(Layer)[i % 3]}.table_number_{i}", columns=30) for i in range(count)]
    return Catalog({str(table.name): table for table in tables})


def _table(name, *, columns):
    about = "What the column says, in the words of those who use it, as long as such a text is in a real contract."
    return Table(
        name=TableName.parse(name),
        kind=Kind.BUILT,
        version="1.0.0",
        description="A table that was made up for a test of sizes.",
        grain="one row",
        columns=tuple(
            Column(name=f"column_number_{i}", type="decimal(19,4)", description=about) for i in range(columns)
        ),
        primary_key=("column_number_0",),
        disposition=Disposition.REFRESH,
        file=Path("made_up.odcs.yaml"),
    )
