"""Every kind of environment deploys: its templates by CloudFormation itself, into an account of its own kind.

The command line in front of it has a test of its own, with prod; a few tables stand for all.
"""

import json
import uuid
from contextlib import contextmanager
from dataclasses import replace

import pytest

from jobs.ingest.kafka.connection import KafkaConnection
from scripts.local.account import LocalAccount
from scripts.local.assembly import read_stack
from scripts.local.clients import ACCOUNT, client
from scripts.running.serving import event
from shared.config import Environment, load_environment
from shared.contracts import Catalog, load_catalog
from shared.names import ACCESS_ADMIN_ROLE, Names, TableName, source_parameter
from shared.replica_names import copy_bucket, copy_key, copy_stack
from shared.serving import ServedPath
from tests.infra.test_rights import unknown_actions
from tests.infra.test_safeguards import open_to_other_accounts
from tests.support.cloud import synthesize

pytestmark = [pytest.mark.examples, pytest.mark.slow, pytest.mark.extra]
SOME = (
    "bronze.crm__contacts",
    "bronze.kafka__order_events",
    "silver.behaviour_events",
    "silver.contacts",
    "gold.date_dim",
)
SERVED = "gold.date_dim"
WAREHOUSE = f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:analytics"
STEWARDS = f"arn:aws:iam::{ACCOUNT}:role/Stewards"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/HouseBoundary"
LAKE_KEY, PERSONAL_KEY = (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{n * 8}-1a2b-3c4d-5e6f-0123456789ab" for n in "12")
VPC = {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]}
GOVERNED = {
    "lake_root": "s3://house-lake/sales",
    "pii_root": "s3://house-personal/sales",
    "keys": {"lake": LAKE_KEY, "personal": PERSONAL_KEY},
    "account": {
        "lake_formation_admins": ["Stewards"],
        "closes_new_tables": False,
        "bootstrap_qualifier": "house",
        "permissions_boundary": "HouseBoundary",
        "role_path": "/house/lake/",
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
COPIED = {"replica": {"region": "eu-central-1"}, "governance": None, "dashboard": False}
STREAMING = {"kafka": {"every_seconds": 60}, "account": {"vcpu_quota": 32}, "governance": None, "dashboard": False}


def catalog():
    known = load_catalog()
    wanted = set(SOME) | set().union(*(known.requirements(name) for name in SOME))
    few = {name: table for name, table in known.tables.items() if name in wanted}
    return Catalog({**few, SERVED: replace(few[SERVED], served_at=ServedPath("days", few[SERVED].primary_key))})


@contextmanager
def deployed(env, output, changes=None, *, stages=()):
    """An environment with changes to its file, deployed; gives its settings and the stack's outputs."""
    environment = Environment.model_validate(load_environment(env).model_dump() | (changes or {}))
    cloud = synthesize(env, output, environment=environment, catalog=catalog(), stages=stages, nag=True)
    assert (set(), []) == (unknown_actions(cloud), open_to_other_accounts(cloud))
    with LocalAccount(port=None) as account:
        if "account" in stages:
            admins = {"DataLakeAdmins": [{"DataLakePrincipalIdentifier": STEWARDS}]}
            client("lakeformation").put_data_lake_settings(DataLakeSettings=admins)
            account.deploy(cloud.folder / "assembly-account", "lakewright-account")
        if "replica" in stages:
            account.deploy(cloud.folder / "assembly-replica", copy_stack(environment.name))
        yield environment, account.deploy(cloud.folder, Names(environment).stack)
        again = synthesize(env, output.with_name("again"), environment=environment, catalog=catalog())
        assert [] == changes_of(again, Names(environment).stack)


def changes_of(cloud, stack):
    """What CloudFormation would change in an existing stack with the templates of another synthesis."""
    artifact = read_stack(cloud.folder, stack)
    bucket = client("s3")
    name = f"c-{uuid.uuid4().hex}"
    bucket.put_object(Bucket="local-templates", Key=name, Body=artifact.template.read_bytes())
    found = client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName=name,
        ChangeSetType="UPDATE",
        TemplateURL=f"https://local-templates.s3.amazonaws.com/{name}",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in artifact.parameters.items()],
    )
    return client("cloudformation").describe_change_set(ChangeSetName=found["Id"], StackName=stack)["Changes"]


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
        assert {"dev_bronze", "dev_silver", "dev_gold", "dev_vault"} == databases
        # Shows that the check for an unchanged second deploy does find the change of one stack.
        louder = dev.model_copy(update={"alarm_email": "oncall@example.com"})
        changes = changes_of(
            synthesize("dev", tmp_path / "louder", environment=louder, catalog=catalog()), Names(dev).stack
        )

        assert {"Orchestration"} == {
            c["ResourceChange"]["LogicalResourceId"].partition("NestedStack")[0] for c in changes
        }
        assert "DISABLED" == schedule["State"]
        assert all(has_bucket(outputs[name]) for name in ("LakeRoot", "PiiRoot", "LandingRoot"))
        assert (200, '{"calendar_date":"2026-11-22"}') == asked(dev, "/days/2026-11-22")


def asked(environment, path):
    """The answer of the function behind the API to a GET of a published row."""
    item = {"path": {"S": path}, "row": {"S": '{"calendar_date":"2026-11-22"}'}, "version": {"N": "3"}}
    client("dynamodb").put_item(TableName=Names(environment).served_table, Item=item)
    [api] = client("apigatewayv2").get_apis()["Items"]
    [integration] = client("apigatewayv2").get_integrations(ApiId=api["ApiId"])["Items"]
    given = client("lambda").invoke(FunctionName=integration["IntegrationUri"], Payload=json.dumps(event(path, {})))
    answer = json.loads(given["Payload"].read())
    return answer["statusCode"], answer["body"]


def test_prod_in_an_existing_vpc_with_a_redshift(tmp_path):
    changes = {"network": VPC, "sources": {"redshift": WAREHOUSE}}
    with deployed("prod", tmp_path / "out", changes) as (prod, _):
        told = client("ssm").get_parameter(Name=source_parameter("prod", "redshift"))["Parameter"]["Value"]
        network = applications()[Names(prod).application]["networkConfiguration"]

        assert {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]} == network
        assert WAREHOUSE == json.loads(told)["warehouse"]


def test_prod_in_a_vpc_of_its_own(tmp_path):
    with deployed("prod", tmp_path / "out", {"vpc": {"nat_gateways": 1}}) as (prod, _):
        network, ec2 = applications()[Names(prod).application]["networkConfiguration"], client("ec2")
        subnets = ec2.describe_subnets(SubnetIds=network["subnetIds"])["Subnets"]
        [vpc] = {subnet["VpcId"] for subnet in subnets}
        here = [{"Name": "vpc-id", "Values": [vpc]}]
        endpoints = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
        [nat] = ec2.describe_nat_gateways(Filter=here)["NatGateways"]
        tables = ec2.describe_route_tables(Filters=here)["RouteTables"]
        ways = {a["SubnetId"]: t["Routes"] for t in tables for a in t["Associations"] if "SubnetId" in a}
        [flows] = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]

        assert 2 == len({subnet["AvailabilityZone"] for subnet in subnets})
        for subnet in network["subnetIds"]:
            assert {"0.0.0.0/0": nat["NatGatewayId"]} == {
                r["DestinationCidrBlock"]: r["NatGatewayId"] for r in ways[subnet] if "NatGatewayId" in r
            }
        assert {e["ServiceName"].rpartition(".")[2] for e in endpoints} == {
            *("s3", "dynamodb"),
            *("events", "kms", "secretsmanager", "ssm", "sts"),
        }
        for endpoint in endpoints:
            if endpoint["VpcEndpointType"] == "Interface":
                assert (sorted(network["subnetIds"]), True) == (
                    sorted(endpoint["SubnetIds"]),
                    endpoint["PrivateDnsEnabled"],
                )
                assert [network["securityGroupIds"]] == admitted(endpoint)
        assert flows["LogGroupName"] in {g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]}


def admitted(endpoint):
    """The security groups that the rules of endpoints admit on port 443."""
    groups = [group["GroupId"] for group in endpoint["Groups"]]
    [group] = client("ec2").describe_security_groups(GroupIds=groups)["SecurityGroups"]
    return [[p["GroupId"] for p in r["UserIdGroupPairs"]] for r in group["IpPermissions"] if r["FromPort"] == 443]


def test_governed_account(tmp_path):
    """Existing administrators, buckets, keys and a reader's role; a boundary, a path and a bootstrap of its own."""
    with deployed("prod", tmp_path / "out", GOVERNED, stages=("account",)) as (prod, outputs):
        admins = client("lakeformation").get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]
        places = {r["ResourceArn"] for r in client("lakeformation").list_resources()["ResourceInfoList"]}
        roles = client("iam").list_roles()["Roles"]
        within = {
            client("iam").get_role(RoleName=r["RoleName"])["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
            for r in roles
        }
        named = {role["RoleName"] for role in roles}
        groups = client("logs").describe_log_groups()["logGroups"]
        finance = client("iam").list_role_policies(RoleName=Names(prod).reader_role("finance"))["PolicyNames"]

        # The existing role of analysts gets that right elsewhere.
        assert 1 == len([name for name in finance if "ReadersOfdays" in name])
        assert {STEWARDS.rpartition("/")[2], ACCESS_ADMIN_ROLE, "cdk-house-cfn-exec-role-123456789012-us-east-1"} == {
            admin["DataLakePrincipalIdentifier"].rpartition("/")[2] for admin in admins
        }
        assert ("s3://house-lake/sales", "s3://house-personal/sales") == (outputs["LakeRoot"], outputs["PiiRoot"])
        assert {"arn:aws:s3:::house-lake/sales", "arn:aws:s3:::house-personal/sales"} == places
        assert {BOUNDARY} == within
        assert {"/house/lake/"} == {role["Path"] for role in roles}
        assert f"arn:aws:iam::{ACCOUNT}:role/house/lake/{ACCESS_ADMIN_ROLE}" in {
            admin["DataLakePrincipalIdentifier"] for admin in admins
        }
        assert {LAKE_KEY} == {group["kmsKeyId"] for group in groups if "kmsKeyId" in group}
        assert [] == [key for key in client("kms").list_keys()["Keys"] if is_own(key["KeyId"])]
        assert Names(prod).reader_role("analyst") not in named
        assert Names(prod).reader_role("sales") in named
        assert {Names(prod).application, Names(prod).consumer_application} == set(applications())


def is_own(key):
    """Whether a stack made the key; moto has one of DynamoDB's."""
    return client("kms").describe_key(KeyId=key)["KeyMetadata"]["Description"].startswith("Lakewright")


def test_copy_in_another_region(tmp_path):
    """Each bucket is copied to one that the other stack made, by a role that can write there and nowhere else."""
    with deployed("prod", tmp_path / "out", COPIED, stages=("replica",)) as (prod, outputs):
        s3 = client("s3")
        aliases = {alias["AliasName"]: alias["TargetKeyId"] for alias in client("kms").list_aliases()["Aliases"]}
        for what, root in (("lake", "LakeRoot"), ("pii", "PiiRoot"), ("landing", "LandingRoot")):
            bucket, key = outputs[root].removeprefix("s3://"), copy_key(prod.name, is_personal=what == "pii")
            [rule] = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
            copy = rule["Destination"]["Bucket"].rpartition(":")[2]
            encryption = s3.get_bucket_encryption(Bucket=copy)["ServerSideEncryptionConfiguration"]["Rules"]

            assert copy_bucket(prod.name, what, ACCOUNT) == copy
            assert "Enabled" == s3.get_bucket_versioning(Bucket=copy)["Status"]
            assert aliases[key] in json.dumps(encryption)
            assert rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"].endswith(f":{key}")
        alarms = {alarm["MetricName"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]}
        assert "OperationsFailedReplication" in alarms


def test_streaming_on_and_lake_formation_off(tmp_path):
    with deployed("prod", tmp_path / "out", STREAMING) as (prod, _):
        request = client("ssm").get_parameter(Name="/lakewright/prod/jobs/kafka_stream")["Parameter"]["Value"]

        assert {Names(prod).application, f"{Names(prod).stack}-streaming"} == set(applications())
        assert applications()[f"{Names(prod).stack}-streaming"]["applicationId"] in request
        assert str(TableName.parse("bronze.kafka__order_events")) in request
        assert [] == client("lakeformation").list_resources()["ResourceInfoList"]


def test_streaming_from_a_cluster_that_the_stack_makes(tmp_path):
    """The broker addresses are in a parameter, in the form in which jobs read a connection."""
    changes = STREAMING | {"kafka": {"serverless": True, "every_seconds": 60}, "vpc": {}}
    with deployed("prod", tmp_path / "out", changes) as (prod, _):
        [cluster] = client("kafka").list_clusters_v2()["ClusterInfoList"]
        [place] = client("kafka").describe_cluster_v2(ClusterArn=cluster["ClusterArn"])["ClusterInfo"]["Serverless"][
            "VpcConfigs"
        ]
        network = applications()[Names(prod).application]["networkConfiguration"]
        told = client("ssm").get_parameter(Name=source_parameter("prod", "kafka"))["Parameter"]["Value"]
        [brokers] = client("ec2").describe_security_groups(GroupIds=place["SecurityGroupIds"])["SecurityGroups"]

        assert (Names(prod).stack, "SERVERLESS") == (cluster["ClusterName"], cluster["ClusterType"])
        assert sorted(network["subnetIds"]) == sorted(place["SubnetIds"])
        assert [(9098, 9098, network["securityGroupIds"])] == [
            (rule["FromPort"], rule["ToPort"], [pair["GroupId"] for pair in rule["UserIdGroupPairs"]])
            for rule in brokers["IpPermissions"]
        ]
        connection = KafkaConnection.parse(told, "the parameter")
        assert connection.settings["bootstrap.servers"].endswith(":9098")
        assert "AWS_MSK_IAM" == connection.sasl_mechanism
        assert {f"{Names(prod).stack}-streaming", Names(prod).application} == set(applications())
