"""Jobs may run statements in one Redshift and watch their own; Redshift writes only to the unload folder."""

import json

import pytest
from aws_cdk import App, NestedStack, Stack
from aws_cdk.assertions import Template

from infra.constructs.lake_key import LakeKey
from infra.constructs.place import Place
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.redshift_access import RedshiftAccess
from shared.config import load_environment
from shared.contracts import load_catalog
from shared.contracts.connections import redshift_databases
from shared.errors import TerminalError
from tests.support.cloud import synthesize

CLUSTER = "arn:aws:redshift:eu-west-1:123456789012:cluster:dwh"
WORKGROUP = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/5a0b0c0d-1111-2222-3333-444455556666"
OWN = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}


def access(warehouse):
    whole = Stack(App(), "S")
    storage, stack = NestedStack(whole, "Storage"), NestedStack(whole, "Secrets")
    key = LakeKey(storage, "Key", environment=load_environment("dev"))
    lake = Place.of_bucket(PrivateBucket(storage, "Lake", key=key))
    made = RedshiftAccess(stack, "Redshift", warehouse=warehouse, databases=["shop", "web"], lake=lake, key=key)
    return made, Template.from_stack(stack).to_json()["Resources"]


@pytest.mark.parametrize(
    "warehouse, login, resources, services",
    [
        pytest.param(
            CLUSTER,
            "redshift:GetClusterCredentialsWithIAM",
            [f"arn:aws:redshift:eu-west-1:123456789012:dbname:dwh/{name}" for name in ("shop", "web")],
            ["redshift.amazonaws.com"],
            id="cluster",
        ),
        pytest.param(
            WORKGROUP,
            "redshift-serverless:GetCredentials",
            [WORKGROUP],
            ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"],
            id="workgroup",
        ),
    ],
)
def test_jobs_log_in_to_the_databases_of_contracts_and_query_one_warehouse(warehouse, login, resources, services):
    made, template = access(warehouse)
    rights = {a: s for s in made.job_statements() for a in s.actions}
    (role,) = [r["Properties"] for r in template.values() if r["Type"] == "AWS::IAM::Role"]
    trusted = [s["Principal"]["Service"] for s in role["AssumeRolePolicyDocument"]["Statement"]]

    assert [warehouse] == rights["redshift-data:ExecuteStatement"].resources
    assert resources == rights[login].resources
    assert OWN == rights["redshift-data:DescribeStatement"].to_statement_json()["Condition"]
    assert services == trusted


def test_a_warehouse_that_is_named_by_its_host_is_refused():
    with pytest.raises(TerminalError) as refused:
        access("dwh.abc.eu-west-1.redshift.amazonaws.com:5439")

    assert (
        "a Redshift is named by another address than its ARN; given: dwh.abc.eu-west-1.redshift.amazonaws.com:5439; "
        "expected: the ARN of a cluster or of a serverless workgroup; "
        "to fix: name it so under sources in the environment's file"
    ) == str(refused.value)


def test_redshift_writes_to_the_unload_folder_and_reads_no_table():
    _, template = access(CLUSTER)
    (policy,) = [r["Properties"] for r in template.values() if r["Type"] == "AWS::IAM::Policy"]
    objects = [s for s in policy["PolicyDocument"]["Statement"] if {"s3:GetObject", "s3:PutObject"} & {*_actions(s)}]

    assert ["/unload/*"] * 2 == [s["Resource"]["Fn::Join"][1][-1] for s in objects]
    assert {"s3:prefix": ["unload", "unload/*"]} in [
        s.get("Condition", {}).get("StringLike") for s in policy["PolicyDocument"]["Statement"]
    ]


def _actions(statement):
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


@pytest.mark.examples
def test_the_contracts_name_the_databases():
    assert {"redshift": ["shop"]} == redshift_databases(load_catalog())


def test_an_environment_that_names_a_redshift_passes_the_checkers(tmp_path):
    synthesize("local", tmp_path / "out", root=tmp_path / "lake", nag=True)  # raises on any finding

    assert [] == json.loads((tmp_path / "out" / "validation-report.json").read_text())["pluginReports"]
