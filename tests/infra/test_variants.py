"""Every kind of environment deploys: its templates by CloudFormation itself, into an account of its own kind.

The command line in front of it has a test of its own, with prod; a few tables stand for all.
"""

import json
from contextlib import contextmanager

import pytest

from scripts.local.account import LocalAccount
from scripts.local.clients import ACCOUNT, client
from shared.config import Environment, load_environment
from shared.contracts import Catalog, load_catalog
from shared.names import ACCESS_ADMIN_ROLE, Names, TableName, source_parameter
from tests.support.cloud import synthesize

pytestmark = pytest.mark.slow
SOME = (
    "bronze.crm__contacts",
    "bronze.kafka__order_events",
    "silver.behaviour_events",
    "silver.contacts",
    "gold.date_dim",
)
WAREHOUSE = f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:analytics"
STEWARDS = f"arn:aws:iam::{ACCOUNT}:role/Stewards"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/HouseBoundary"
VPC = {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}
GOVERNED = {
    "lake_root": "s3://house-lake/sales",
    "pii_root": "s3://house-personal/sales",
    "account": {
        "lake_formation_admins": ["Stewards"],
        "closes_new_tables": False,
        "bootstrap_qualifier": "house",
        "permissions_boundary": "HouseBoundary",
        "vcpu_quota": 32,
    },
    "governance": {
        "roles": {
            "analyst": {"clearance": "internal", "iam_role": "Analysts"},
            **{role: {"clearance": "restricted"} for role in ("data_scientist", "finance", "pii_officer", "sales")},
        }
    },
    "access": {"consumer": "fine_grained"},
}
STREAMING = {"kafka": {"every_seconds": 60}, "account": {"vcpu_quota": 32}, "governance": None, "dashboard": False}


def catalog():
    known = load_catalog()
    wanted = set(SOME) | set().union(*(known.requirements(name) for name in SOME))
    return Catalog({name: table for name, table in known.tables.items() if name in wanted})


@contextmanager
def deployed(env, output, changes=None, *, account_stage=False):
    """An environment with changes to its file, deployed; gives its settings and the stack's outputs."""
    environment = Environment.model_validate(load_environment(env).model_dump() | (changes or {}))
    cloud = synthesize(env, output, environment=environment, catalog=catalog(), account_stage=account_stage)
    with LocalAccount(port=None) as account:
        if account_stage:
            admins = {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": STEWARDS}]}
            client("lakeformation").put_data_lake_settings(DataLakeSettings=admins)
            account.deploy(cloud.folder / "assembly-account", "lakewright-account")
        yield environment, account.deploy(cloud.folder, Names(environment).stack)


def applications():
    found = client("emr-serverless").list_applications()["applications"]
    emr = client("emr-serverless")
    return {a["name"]: emr.get_application(applicationId=a["id"])["application"] for a in found}


def has_bucket(root):
    return root.removeprefix("s3://") in {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def test_dev(tmp_path):
    with deployed("dev", tmp_path / "out") as (dev, outputs):
        databases = {database["Name"] for database in client("glue").get_databases()["DatabaseList"]}
        [schedule] = [s for s in client("scheduler").list_schedules()["Schedules"] if s["Name"].endswith("daily_batch")]

        assert {Names(dev).application} == set(applications())
        assert {"dev_bronze", "dev_silver", "dev_gold"} == databases
        assert "DISABLED" == schedule["State"]
        assert all(has_bucket(outputs[name]) for name in ("LakeRoot", "PiiRoot", "LandingRoot"))


def test_prod_in_a_vpc_of_the_house_with_a_redshift(tmp_path):
    changes = {"network": VPC, "sources": {"redshift": WAREHOUSE}}
    with deployed("prod", tmp_path / "out", changes) as (prod, _):
        told = client("ssm").get_parameter(Name=source_parameter("prod", "redshift"))["Parameter"]["Value"]
        network = applications()[Names(prod).application]["networkConfiguration"]

        assert {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]} == network
        assert WAREHOUSE == json.loads(told)["warehouse"]


def test_governed_account(tmp_path):
    """Administrators, buckets, a reader's role, a boundary and a bootstrap that are the house's own."""
    with deployed("prod", tmp_path / "out", GOVERNED, account_stage=True) as (prod, outputs):
        admins = client("lakeformation").get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]
        places = {r["ResourceArn"] for r in client("lakeformation").list_resources()["ResourceInfoList"]}
        roles = client("iam").list_roles()["Roles"]
        within = {
            client("iam").get_role(RoleName=r["RoleName"])["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
            for r in roles
        }
        named = {role["RoleName"] for role in roles}

        assert {STEWARDS.rpartition("/")[2], ACCESS_ADMIN_ROLE, "cdk-house-cfn-exec-role-123456789012-us-east-1"} == {
            admin["DataLakePrincipalIdentifier"].rpartition("/")[2] for admin in admins
        }
        assert ("s3://house-lake/sales", "s3://house-personal/sales") == (outputs["LakeRoot"], outputs["PiiRoot"])
        assert {"arn:aws:s3:::house-lake/sales", "arn:aws:s3:::house-personal/sales"} == places
        assert {BOUNDARY} == within
        assert Names(prod).reader_role("analyst") not in named
        assert Names(prod).reader_role("sales") in named
        assert {Names(prod).application, Names(prod).consumer_application} == set(applications())


def test_streaming_on_and_lake_formation_off(tmp_path):
    with deployed("prod", tmp_path / "out", STREAMING) as (prod, _):
        request = client("ssm").get_parameter(Name="/lakewright/prod/jobs/kafka_stream")["Parameter"]["Value"]

        assert {Names(prod).application, f"{Names(prod).stack}-streaming"} == set(applications())
        assert applications()[f"{Names(prod).stack}-streaming"]["applicationId"] in request
        assert str(TableName.parse("bronze.kafka__order_events")) in request
        assert [] == client("lakeformation").list_resources()["ResourceInfoList"]
