"""The Glue catalog says what the contracts say."""

import json

import pytest

from infra.stacks.catalog import BUCKETS
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.names import Layer, Names
from shared.vault import VAULT


def tables_of(cloud):
    return {f"{p['DatabaseName']}.{p['TableInput']['Name']}": p["TableInput"] for p in cloud.properties(GLUE_TABLE)}


GLUE_TABLE = "AWS::Glue::Table"


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_every_contract_is_a_table_of_its_layers_database(clouds, env):
    names = Names(load_environment(env))
    expected = {f"{names.glue_database(t.name.layer)}.{t.name.table}" for t in load_catalog().tables.values()}
    expected |= {f"{names.glue_database(VAULT)}.{vault.name}" for vault in load_catalog().vaults}

    assert expected == set(tables_of(clouds[env]))


@pytest.mark.parametrize(
    "env, opened_by",
    [
        pytest.param("prod", [], id="nobody, where Lake Formation decides"),
        pytest.param("local", None, id="the account's default, where IAM decides"),
    ],
)
def test_new_tables_of_a_database_are_opened_by(clouds, env, opened_by):
    databases = [p["DatabaseInput"] for p in clouds[env].properties("AWS::Glue::Database")]

    assert [opened_by] * (len(Layer) + 1) == [d.get("CreateTableDefaultPermissions") for d in databases]


def test_columns_are_those_of_the_delta_table(prod):
    found = tables_of(prod)

    for table in load_catalog().tables.values():
        columns = found[str(table.name)]["StorageDescriptor"]["Columns"]
        assert [(c.name, c.type) for c in table.all_columns] == [(c["Name"], c["Type"]) for c in columns]


def test_a_vault_is_in_the_place_of_personal_data_and_holds_values_of_tokens(prod):
    vault = tables_of(prod)["vault.silver__contacts"]["StorageDescriptor"]
    bronze = tables_of(prod)["bronze.crm__contacts"]["StorageDescriptor"]["Location"]["Fn::Join"][1]

    assert [*bronze[:-1], "/vault/silver/contacts"] == vault["Location"]["Fn::Join"][1]
    assert {"token": "string", "value": "string"}.items() <= {c["Name"]: c["Type"] for c in vault["Columns"]}.items()


def test_columns_and_tables_carry_their_meaning_within_glues_limits(prod):
    found = tables_of(prod).values()
    comments = [column["Comment"] for table in found for column in table["StorageDescriptor"]["Columns"]]

    assert all(0 < len(comment) <= 255 for comment in comments)
    assert all(0 < len(table["Description"]) <= 2048 for table in found)


def test_table_is_registered_as_delta_at_its_location(prod):
    table = tables_of(prod)["gold.sales_fact"]
    location = table["StorageDescriptor"]["Location"]

    assert "EXTERNAL_TABLE" == table["TableType"]
    assert "delta" == table["Parameters"]["spark.sql.sources.provider"]
    assert [] == table["PartitionKeys"]
    assert "s3://" == location["Fn::Join"][1][0]
    assert "/gold/sales_fact" == location["Fn::Join"][1][-1]
    assert location == table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["path"]


def test_laptops_tables_lie_in_its_folder(clouds):
    location = tables_of(clouds["local"])["gold.sales_fact"]["StorageDescriptor"]["Location"]

    assert f"{clouds['local'].folder.parent}/lake/gold/sales_fact" == location


def test_tables_wait_for_their_database(prod):
    nested = {
        name: resource
        for name, resource in prod.templates["Catalog"]["Resources"].items()
        if resource["Type"] == "AWS::CloudFormation::Stack"
    }

    assert {} == {n: r for n, r in nested.items() if not n.startswith(tuple(r.get("DependsOn", ["-"])))}
    assert len(Layer) * BUCKETS + 1 >= len(nested)


def test_table_templates_are_written_small(prod):
    (path, *_) = prod.folder.glob("LakewrightCatalogGold*.template.json")

    assert json.dumps(json.loads(path.read_text()), separators=(",", ":"), ensure_ascii=False) == path.read_text()
