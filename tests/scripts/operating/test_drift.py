"""Differences from the contracts are found in Glue, in Delta and in Lake Formation."""

import json

import boto3
import botocore.client
import deltalake.exceptions
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from lambdas.on_access_declared.logic import bring
from scripts.cli.drift import command
from scripts.operating.lake_formation import lake_formation_of
from shared.config import load_environment
from shared.contracts import Catalog, load_catalog
from shared.governance.access import READS, Classification
from shared.governance.environments import access_of
from shared.names import Layer
from shared.vault import VAULT

pytestmark = pytest.mark.examples

TABLE = "gold.daily_revenue"


@pytest.fixture
def account(aws, tmp_path, monkeypatch):
    """An account where one table of prod is as its contract says."""
    catalog = Catalog({TABLE: load_catalog().tables[TABLE]})
    monkeypatch.setattr("shared.contracts.load_catalog", lambda: catalog)
    glue = boto3.client("glue")
    for database in (*Layer, VAULT):
        glue.create_database(DatabaseInput={"Name": str(database)})
    glue.create_table(DatabaseName="gold", TableInput=table_input(catalog, str(tmp_path / "table")))
    wanted = access_of(load_environment("prod"), catalog)
    client = boto3.client("lakeformation")
    client.create_lf_tag(TagKey=wanted.classification_key, TagValues=list(Classification))
    client.create_lf_tag(TagKey=wanted.domain_key, TagValues=sorted({t.domain for t in wanted.tables}))
    for role in wanted.clearances:
        client.create_lf_tag(TagKey=wanted.role_key(role), TagValues=[READS])
    bring(lake_formation_of(load_environment("prod")), wanted)
    return catalog


def table_input(catalog, location, *, without=()):
    columns = [{"Name": c.name, "Type": c.type} for c in catalog.tables[TABLE].all_columns if c.name not in without]
    return {"Name": TABLE.partition(".")[2], "StorageDescriptor": {"Columns": columns, "Location": location}}


def differences():
    answer = CliRunner().invoke(command, ["prod", "--json"], catch_exceptions=False)
    return answer.exit_code, {(row["where"], row["place"]) for row in json.loads(answer.stdout)}


def test_what_is_as_the_contracts_say_is_green(account):
    assert (0, set()) == differences()


def test_column_and_table_of_the_catalog_are_compared(account, tmp_path):
    glue = boto3.client("glue")
    changed = table_input(account, str(tmp_path / "table"), without={"orders"})
    glue.update_table(DatabaseName="gold", TableInput=changed)
    glue.create_table(DatabaseName="gold", TableInput={**changed, "Name": "by_hand"})

    assert (1, {("glue", f"{TABLE}.orders"), ("glue", "gold.by_hand")}) == differences()


def test_a_database_whose_new_tables_are_open_to_whom_iam_lets_in_is_found(account):
    """As it is made in an account that has not been closed, and as the account's default stays on it afterwards."""
    everybody = {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    opened = {"Name": "gold", "CreateTableDefaultPermissions": [everybody]}
    boto3.client("glue").update_database(Name="gold", DatabaseInput=opened)

    assert (1, {("glue", "gold")}) == differences()


def test_delta_table_is_asked_itself(account, tmp_path):
    fields = {"order_date": "date", "orders": "integer", "lines": "long", "units": "long"}
    fields |= {"revenue_usd": "decimal(19,4)", "revenue_eur": "decimal(19,4)", "guessed": "string"}
    made = [Field(name, PrimitiveType(kind)) for name, kind in fields.items()]
    DeltaTable.create(str(tmp_path / "table"), schema=Schema(made))

    code, found = differences()

    assert 1 == code
    assert {("delta", f"{TABLE}.orders"), ("delta", f"{TABLE}.guessed")} <= found
    assert ("delta", f"{TABLE}.order_date") not in found


def test_tag_taken_off_by_hand_is_found(account):
    wanted = access_of(load_environment("prod"), account)
    boto3.client("lakeformation").remove_lf_tags_from_resource(
        Resource={"Table": {"DatabaseName": "gold", "Name": TABLE.partition(".")[2]}},
        LFTags=[{"TagKey": wanted.role_key("analyst"), "TagValues": [READS]}],
    )

    assert (1, {("lake formation", TABLE)}) == differences()


@pytest.mark.parametrize("error", [OSError, deltalake.exceptions.DeltaError])
def test_delta_table_that_may_not_be_read_is_told(account, monkeypatch, error):
    """Operators without the tag of personal data are refused its tables, and want to see the others compared."""

    def refused(_location):
        raise error("AccessDenied\nand much more")

    monkeypatch.setattr(deltalake.DeltaTable, "is_deltatable", lambda _: True)
    monkeypatch.setattr(deltalake.DeltaTable, "__init__", lambda _self, location: refused(location))

    answer = CliRunner().invoke(command, ["prod", "--json"], catch_exceptions=False)

    told = {"where": "delta", "place": TABLE, "contract": "a table", "found": "cannot be read: AccessDenied"}
    assert (1, [told]) == (answer.exit_code, json.loads(answer.stdout))


def test_glue_is_asked_as_the_role_that_sees_every_table(account, monkeypatch):
    """Lake Formation hides tables that the caller may not see."""
    calls, asked = botocore.client.BaseClient._make_api_call, []

    def noted(self, operation, given):
        if operation == "GetTables":
            asked.append(self._get_credentials().access_key)
        return calls(self, operation, given)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", noted)

    assert (0, set()) == differences()
    assert asked
    assert boto3.Session().get_credentials().access_key not in asked
