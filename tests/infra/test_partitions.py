"""The same templates and machines work in the partitions of China and of the US government."""

import json
import re

import pytest

from shared.backfill import BACKFILL_MACHINE
from shared.names import Machine
from tests.infra.conftest import WAREHOUSE
from tests.support.asl import definition, file_of, levels

MACHINE = "AWS::StepFunctions::StateMachine"
PLACES = {
    "aws": ("eu-west-1", "amazonaws.com"),
    "aws-cn": ("cn-north-1", "amazonaws.com.cn"),
    "aws-us-gov": ("us-gov-west-1", "amazonaws.com"),
}
ARN = re.compile(r"\barn:([^:]*):")


@pytest.fixture(params=PLACES)
def partition(request):
    return request.param


def pseudo(partition):
    """The values of CloudFormation's pseudo parameters, in a region of the partition."""
    region, suffix = PLACES[partition]
    return {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::URLSuffix": suffix,
        "AWS::AccountId": "123456789012",
    }


def resolved(value, names):  # noqa: PLR0911 - one line a form
    """A template's value with pseudo parameters resolved and texts joined; other references are left."""
    match value:
        case {"Ref": name}:
            return names.get(name, f"<{name}>")
        case {"Fn::Join": [between, parts]}:
            return between.join(str(resolved(part, names)) for part in parts)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: names.get(found[1], f"<{found[1]}>"), text)
        case {"Fn::Equals": [one, other]}:
            return resolved(one, names) == resolved(other, names)
        case {"Fn::If": [condition, this, that]} if condition in names:
            return resolved(this if names[condition] else that, names)
        case dict():
            return {key: resolved(inner, names) for key, inner in value.items()}
        case list():
            return [resolved(inner, names) for inner in value]
    return value


@pytest.mark.parametrize("env", ["dev", "prod", "everything"])
def test_every_arn_is_one_of_the_partition(clouds, fullest, env, partition):
    """Except for those that the settings give whole, such as a Redshift's, and those of its databases, made from it."""
    given = WAREHOUSE.partition(":cluster:")[0]
    named = {
        name: set(ARN.findall(json.dumps(resolved(template, pseudo(partition))).replace(given, "")))
        for name, template in clouds.get(env, fullest).templates.items()
    }

    assert {} == {name: found for name, found in named.items() if found - {partition}}
    assert {partition} == set().union(*named.values())


@pytest.mark.parametrize("machine", [*Machine, BACKFILL_MACHINE])
def test_every_task_belongs_to_the_partition(prod, machine, partition):
    (found,) = [m for m in prod.properties(MACHINE) if m["StateMachineName"].endswith(machine)]
    tokens = {name: str(resolved(v, pseudo(partition))) for name, v in found["DefinitionSubstitutions"].items()}
    inside = levels(definition(file_of(machine), tokens)["States"])
    waits = "states:startExecution.sync:2" if machine == BACKFILL_MACHINE else "emr-serverless:startJobRun.sync"

    assert {f"arn:{partition}:states:::lambda:invoke", f"arn:{partition}:states:::{waits}"} == {
        state["Resource"] for states in inside for state in states.values() if state["Type"] == "Task"
    }


def test_names_with_a_region_in_them_end_as_addresses_of_the_partition_do(prod, partition):
    region, suffix = PLACES[partition]
    texts = json.dumps([resolved(template, pseudo(partition)) for template in prod.templates.values()])
    ends = set(re.findall(rf"\.{region}\.(amazonaws\.com[.\w]*)", texts))

    assert {suffix} == ends
    assert f'"logs.{region}.{suffix}"' in texts


def test_endpoints_are_called_as_the_partition_calls_them(fullest, partition):
    """Source: the services that China's regions list with `cn.` before their names (describe-vpc-endpoint-services)."""
    template = fullest.templates["Network"]
    names = pseudo(partition) | resolved(template["Conditions"], pseudo(partition))
    found = {
        resolved(r["Properties"]["ServiceName"], names)
        for r in template["Resources"].values()
        if r["Type"] == "AWS::EC2::VPCEndpoint" and r["Properties"].get("VpcEndpointType") == "Interface"
    }
    region, prefix = PLACES[partition][0], "cn." if partition == "aws-cn" else ""

    assert {f"{prefix}com.amazonaws.{region}.{service}" for service in ("redshift-data", "sts")} <= found
    assert {f"com.amazonaws.{region}.{service}" for service in ("events", "kms", "secretsmanager", "ssm")} <= found
    assert all(name.removeprefix("cn.").startswith(f"com.amazonaws.{region}.") for name in found)
