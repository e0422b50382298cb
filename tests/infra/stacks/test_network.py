"""A VPC of the stack's own, where wanted: endpoints for what jobs call, and a way out only on request."""

import json
import subprocess
from dataclasses import replace

import pytest
from pydantic import ValidationError

from infra.stacks.network import GLUE, OF_JOBS, OF_READERS, REDSHIFT_DATA
from scripts.setup import paths
from shared.config import Environment, load_environment
from shared.contracts import load_catalog
from tests.docs.documents import CODE, document
from tests.support.cloud import synthesize

ENDPOINT = "AWS::EC2::VPCEndpoint"
WAREHOUSE = "arn:aws:redshift:eu-west-1:123456789012:cluster:analytics"


def made(output, vpc, catalog=None, **changes):
    settings = load_environment("prod").model_dump() | {"vpc": vpc} | changes
    environment = Environment.model_validate(settings)
    return synthesize("prod", output, environment=environment, catalog=catalog or load_catalog(), nag=True)


def with_a_registry(catalog):
    """The contracts, one of them with the writers' schemas in Glue's registry."""
    table = catalog.table("bronze.kafka__order_events")
    amended = replace(table, source=replace(table.source, schemas="glue://shop/orders"))
    return replace(catalog, tables={**catalog.tables, str(table.name): amended})


@pytest.fixture(scope="module")
def closed(tmp_path_factory, clouds):
    output, sources = tmp_path_factory.mktemp("closed") / "out", {"redshift": WAREHOUSE}
    return made(output, {}, with_a_registry(load_catalog()), sources=sources)


@pytest.fixture(scope="module")
def with_a_way_out(tmp_path_factory, clouds):
    vpc = {"zones": ["eu-west-1a", "eu-west-1c"], "nat_gateways": 1}
    return made(tmp_path_factory.mktemp("open") / "out", vpc)


def services(cloud, kind):
    found = [e["ServiceName"] for e in cloud.properties(ENDPOINT) if e.get("VpcEndpointType", "Gateway") == kind]
    return {json.dumps(name).rsplit(".", 1)[1].partition('"')[0] for name in found}


def test_jobs_reach_what_they_call_and_nothing_outside(closed):
    assert {"s3", "dynamodb"} == services(closed, "Gateway")
    assert {"events", "glue", "kms", "redshift-data", "secretsmanager", "ssm", "sts"} == services(closed, "Interface")
    for kind in ("NatGateway", "InternetGateway", "EIP", "Route"):
        assert {} == closed.of_type(f"AWS::EC2::{kind}")


def test_jobs_read_the_schema_that_a_contract_names_and_no_other(closed):
    held = [
        statement
        for policy in closed.properties("AWS::IAM::Policy")
        if "IngestRole" in json.dumps(policy["Roles"])
        for statement in policy["PolicyDocument"]["Statement"]
        if "glue:" in str(statement["Action"])
    ]

    [statement] = held
    ends = [json.dumps(arn["Fn::Join"]).rpartition(":")[2].partition('"')[0] for arn in statement["Resource"]]
    assert ["glue:GetSchema", "glue:GetSchemaVersion"] == statement["Action"]
    assert ["registry/shop", "schema/shop/orders"] == ends


def test_application_lives_in_subnets_of_two_zones(closed):
    network = closed.only("AWS::EMRServerless::Application")["NetworkConfiguration"]

    assert (2, 1) == (len(network["SubnetIds"]), len(network["SecurityGroupIds"]))
    assert 2 == len({json.dumps(s["AvailabilityZone"]) for s in closed.properties("AWS::EC2::Subnet")})


def test_endpoints_take_job_runs_alone_and_flows_are_kept(closed):
    [rules] = {len(g.get("SecurityGroupIngress", [])) for g in closed.properties("AWS::EC2::SecurityGroup")}
    sources = closed.properties("AWS::EC2::SecurityGroupIngress")

    assert 0 == rules
    assert {443} == {rule["ToPort"] for rule in sources}
    assert len(services(closed, "Interface")) == len(sources)
    assert all("SourceSecurityGroupId" in rule for rule in sources)
    assert 1 == len(closed.of_type("AWS::EC2::FlowLog"))


def test_way_out_is_made_on_request_in_the_named_zones(with_a_way_out):
    zones = {subnet["AvailabilityZone"] for subnet in with_a_way_out.properties("AWS::EC2::Subnet")}

    assert 1 == len(with_a_way_out.of_type("AWS::EC2::NatGateway"))
    assert {"eu-west-1a", "eu-west-1c"} == zones


def test_cfn_lint_finds_nothing(closed, with_a_way_out):
    templates = [next(cloud.folder.glob("LakewrightNetwork*.json")) for cloud in (closed, with_a_way_out)]
    # The order of role and policy, as elsewhere; and zones are named because a setting names them.
    lint = [paths.VENV / "bin" / "cfn-lint", "--ignore-checks", "W3005", "W3010", "--", *map(str, templates)]
    finished = subprocess.run(lint, capture_output=True, text=True, check=False)

    assert (0, "") == (finished.returncode, finished.stdout + finished.stderr)


def test_there_is_no_vpc_without_its_setting(cloud):
    assert {} == cloud.of_type("AWS::EC2::VPC")


def test_an_existing_vpc_and_one_of_the_stack_are_refused_together():
    settings = load_environment("prod").model_dump() | {"vpc": {}}
    house = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}

    with pytest.raises(ValidationError, match="give one of them"):
        Environment.model_validate(settings | {"network": house})


def test_what_an_existing_vpc_has_to_offer_is_said_in_full():
    """Whoever names a VPC makes its endpoints, and learns only from that page which."""
    lines = document("docs/deploying.md").text.splitlines()
    offered = [line for line in lines if line.startswith(("| gateway end", "| interface end", "| an interface end"))]

    assert [{"s3", "dynamodb"}, set(OF_JOBS), {REDSHIFT_DATA}, {GLUE}, set(OF_READERS)] == [
        set(CODE.findall(line.split("|")[1])) for line in offered
    ]
