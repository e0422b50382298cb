"""An account that is not ready is reported, with what to do, before anything is deployed."""

import json

import boto3
import pytest
from click.testing import CliRunner

from scripts.cli.preflight import command
from scripts.local import cloudformation
from scripts.operating import preflight as operating
from scripts.operating import preflight_delivery
from scripts.operating.preflight import preflight
from shared.config import Network, load_environment
from shared.config.account import Account
from shared.config.governance import Governance, ReaderRole
from shared.config.kafka import Kafka
from shared.config.keys import Keys
from shared.config.model import GitHub
from shared.config.network import Vpc
from shared.governance.access import Classification
from shared.key_policy import ADMITTED, TAG, services
from shared.names import ACCESS_ADMIN_ROLE, Names, source_secret
from tests.support.prepared_account import ACCOUNT, DEPLOYER, REGION, administrators

# Contracts read it by a secret.
SYSTEM = "snowflake"


def prod(**changes):
    return load_environment("prod").model_copy(update=changes)


def statuses(environment):
    return {finding.check: finding.status for finding in preflight(environment)}


def mend(environment, check):
    (found,) = [f for f in preflight(environment) if f.check == check and f.status != "ok"]
    return found.mend


def test_ready_account_is_ready(ready):
    assert {
        "account": "ok",
        "bootstrap": "ok",
        "stack": "ok",
        "quota": "ok",
        "administrators": "ok",
        "network": "warning",
        "sources": "ok",
    } == statuses(prod())


def test_command_prints_its_findings_as_one_array_and_is_red_where_one_failed(ready):
    asked = CliRunner().invoke(command, ["prod", "--json"], catch_exceptions=False)
    assert (0, [finding.row for finding in preflight(prod())]) == (asked.exit_code, json.loads(asked.stdout))

    ready["Value"] = 15.0
    shown = CliRunner().invoke(command, ["prod"])
    assert (1, ["check", "status", "found", "to", "fix"]) == (shown.exit_code, shown.stdout.splitlines()[0].split())


def test_account_without_bootstrap_is_told_how(ready):
    boto3.client("ssm").delete_parameter(Name="/cdk-bootstrap/hnb659fds/version")

    command = f"./lake cdk bootstrap aws://{ACCOUNT}/{REGION} --qualifier"
    assert f"{command} hnb659fds" == mend(prod(), "bootstrap")
    house = prod(account=Account(bootstrap_qualifier="house"))
    assert f"{command} house --toolkit-stack-name CDKToolkit-house" == mend(house, "bootstrap")


@pytest.mark.parametrize("version, status", [("5", "failed"), ("6", "ok")])
def test_bootstrap_that_is_too_old_is_told_how_to_renew(ready, version, status):
    """From version 6 on, a bootstrap has the roles that deploys use."""
    name = "/cdk-bootstrap/hnb659fds/version"
    boto3.client("ssm").put_parameter(Name=name, Value=version, Type="String", Overwrite=True)

    [(found, mend)] = [(f.status, f.mend) for f in preflight(prod()) if f.check == "bootstrap"]
    assert (status, status == "failed") == (found, mend.startswith("./lake cdk bootstrap"))


def test_quota_that_is_too_small_is_told_how_to_raise(ready):
    ready["Value"] = 15.0

    assert "--desired-value 16" in mend(prod(), "quota")


def test_virgin_account_is_prepared_by_the_account_stage(ready):
    administrators()

    assert "./lake cdk deploy 'account/*' --context env=prod" == mend(prod(), "administrators")


def test_governed_account_lets_in_the_role_that_deploys_before_the_account_stage(ready):
    stewards, then = "arn:aws:iam::123456789012:role/Stewards", "./lake cdk deploy 'account/*' --context env=prod"
    administrators(stewards)
    assert f"have one of {stewards} make {DEPLOYER} an administrator of Lake Formation, then {then}" == mend(
        prod(), "administrators"
    )

    administrators(stewards, DEPLOYER)
    assert then == mend(prod(), "administrators")


def test_environment_without_governance_needs_no_administrator(ready):
    assert "administrators" not in statuses(prod(governance=None))


def test_existing_bucket_must_lie_in_the_region(ready):
    where = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3").create_bucket(Bucket="house-lake", CreateBucketConfiguration=where)

    assert "deploy to eu-west-1" in mend(prod(lake_root="s3://house-lake/sales"), "buckets")


def test_bucket_from_before_regions_had_names_lies_in_ireland(ready):
    boto3.client("s3").create_bucket(Bucket="old-lake", CreateBucketConfiguration={"LocationConstraint": "EU"})

    assert "deploy to eu-west-1," in mend(prod(lake_root="s3://old-lake/sales"), "buckets")


def test_bucket_that_cannot_be_looked_at_fails_and_the_rest_goes_on(ready):
    found = statuses(prod(lake_root="s3://nobody-has-this/sales"))

    assert ("failed", "warning") == (found["buckets"], found["network"])


def test_existing_place_of_personal_data_is_looked_at_too(ready):
    assert "failed" == statuses(prod(pii_root="s3://nobody-has-this/sales"))["buckets"]


def of_source(environment, system):
    (found,) = [
        f for f in preflight(environment) if f.check == "sources" and f.found.startswith((f"{system}:", f"{system} "))
    ]
    return found.status, found.mend


@pytest.mark.examples
def test_redshift_that_is_not_named_is_told_and_one_elsewhere_refused(ready):
    cluster = "arn:aws:redshift:{}:123456789012:cluster:dwh"

    status, mend = of_source(prod(), "redshift")
    assert ("warning", True) == (status, "sources.redshift" in mend)
    host = prod(sources={"redshift": "dwh.abc.us-east-1.redshift.amazonaws.com:5439"})
    wanted = "give the ARN of a cluster or of a serverless workgroup as sources.redshift"
    assert ("failed", wanted) == of_source(host, "redshift")
    named = {"redshift": cluster.format(REGION)}
    status, mend = of_source(prod(sources=named), "redshift")
    assert ("failed", True) == (status, "`vpc` or `network`" in mend)
    assert "ok" == of_source(prod(sources=named, vpc=Vpc()), "redshift")[0]
    status, mend = of_source(prod(sources={"redshift": cluster.format("eu-west-1")}), "redshift")
    assert ("failed", True) == (status, "deploy to eu-west-1" in mend)


@pytest.mark.examples
def test_file_of_the_web_lies_where_the_contract_says_unless_the_environment_names_another_place(ready):
    def found(**sources):
        return [(f.status, f.found) for f in preflight(prod(sources=sources)) if f.found.startswith("ecb")]

    assert [("ok", "ecb: its contracts name its addresses")] == found()
    assert [("ok", "ecb is https://mirror.example/rates.zip")] == found(ecb="https://mirror.example/rates.zip")


@pytest.mark.examples
@pytest.mark.parametrize("system", ["snowflake", "snowflake_marts"])
def test_connection_that_is_still_empty_is_told(ready, system):
    name = source_secret("prod", system)
    assert "ok" == of_source(prod(), system)[0]

    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name=name)
    status, mend = of_source(prod(), system)
    assert ("warning", True) == (status, mend.startswith(f"./lake secrets put prod {system},"))
    secrets.put_secret_value(SecretId=name, SecretString="{}")
    assert "ok" == of_source(prod(), system)[0]

    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=30)
    status, mend = of_source(prod(), system)
    assert ("failed", True) == (status, f"restore-secret --secret-id {name}" in mend)


def test_reader_role_that_is_missing_is_told(ready):
    analyst = ReaderRole(clearance=Classification.INTERNAL, iam_role="path/Analysts")

    assert "make it, or leave iam_role of analyst out" in mend(
        prod(governance=Governance(roles={"analyst": analyst})), "readers"
    )


def stack_is(monkeypatch, status):
    client = boto3.client("cloudformation")
    monkeypatch.setattr(
        client,
        "describe_stacks",
        lambda **_: {"Stacks": [{"StackStatus": status}]},
    )
    made = boto3.client
    monkeypatch.setattr(boto3, "client", lambda name: client if name == "cloudformation" else made(name))


def test_stack_that_never_came_up_is_told(ready, monkeypatch):
    stack_is(monkeypatch, "ROLLBACK_COMPLETE")

    assert "is deleted first" in mend(prod(), "stack")
    assert "--no-enable-termination-protection" in mend(prod(), "stack")
    assert f"{Names(prod()).stack}: ROLLBACK_COMPLETE" in {finding.found for finding in preflight(prod())}


# Source: AWS CloudFormation user guide, "Stack status codes". All others are in progress, or need manual work.
# The last one has only a change set.
AT_REST = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "DELETE_COMPLETE",
    "REVIEW_IN_PROGRESS",
}


def test_stack_can_be_deployed_into_where_it_is_at_rest(aws, monkeypatch):
    statuses = boto3.client("cloudformation", region_name=REGION).meta.service_model.shape_for("StackStatus").enum
    found = {}
    for status in statuses:
        stack_is(monkeypatch, status)
        [finding] = operating._stack(prod(), None)
        assert bool(finding.mend) == (finding.status != "ok"), status
        found[status] = finding.status

    assert {status: "ok" if status in AT_REST else "failed" for status in statuses} == found


LEASES = {
    "TableName": "lakewright-prod-lease",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "table", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "table", "AttributeType": "S"}],
}


def taken(**settings):
    return {f.found: f.mend for f in preflight(prod(**settings)) if f.check == "left"}


@pytest.mark.examples
def test_names_that_are_taken_before_the_first_deploy_are_told(ready):
    boto3.client("dynamodb").create_table(**LEASES)
    boto3.client("glue").create_database(DatabaseInput={"Name": "silver"})
    for name in ("states/lakewright-prod-daily_batch", "apis/lakewright-prod", "apis/lakewright-production"):
        boto3.client("logs").create_log_group(logGroupName=f"/aws/vendedlogs/{name}")
    for name in ("lakewright-prod", "lakewright-production"):
        vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
        boto3.client("kafka").create_cluster_v2(ClusterName=name, Serverless={"VpcConfigs": [vpc]})
    secrets = boto3.client("secretsmanager")
    names = [source_secret(*of) for of in (("prod", "pii-key"), ("prod", SYSTEM), ("prod", "unread"), ("dev", SYSTEM))]
    for name in names:
        secrets.create_secret(Name=name, SecretString="{}")
    secrets.delete_secret(SecretId=source_secret("prod", SYSTEM), RecoveryWindowInDays=30)

    found = taken()
    assert {
        "the DynamoDB table lakewright-prod-lease exists",
        "the secret lakewright/prod/pii-key exists",
        f"the secret lakewright/prod/{SYSTEM} exists",
        "the log group /aws/vendedlogs/states/lakewright-prod-daily_batch exists",
        "the log group /aws/vendedlogs/apis/lakewright-prod exists",
        "the Glue database silver exists",
    } == set(found)
    with_kafka = taken(kafka=Kafka(serverless=True), vpc=Vpc())
    assert {"the MSK cluster lakewright-prod exists"} == set(with_kafka) - set(found)
    assert "catalog_prefix" in found["the Glue database silver exists"]
    assert (
        "an earlier deploy has left it, and no deploy takes it over: delete it, but keep its value: get-secret-value "
        "(before it restore-secret, if it is to be deleted), delete-secret with --force-delete-without-recovery, "
        "deploy, put-secret-value; another pii-key would change every hash"
    ) == found["the secret lakewright/prod/pii-key exists"]


@pytest.mark.examples
def test_names_that_the_stack_has_left_are_told_once_contracts_want_them_again(ready):
    """A removed contract's secret stays in the account, and the stack can only make another of that name."""
    cloudformation.install()
    kept = {"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Retain"}
    secrets = {name: {**kept, "Properties": {"Name": source_secret("prod", name)}} for name in ("pii-key", SYSTEM)}
    own = {"Leases": {"Type": "AWS::DynamoDB::Table", "Properties": LEASES}, "Key": secrets["pii-key"]}
    client, stack = boto3.client("cloudformation"), Names(prod()).stack
    client.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {**own, "System": secrets[SYSTEM]}}))
    assert {} == taken()

    client.update_stack(StackName=stack, TemplateBody=json.dumps({"Resources": own}))
    assert {f"the secret lakewright/prod/{SYSTEM} exists"} == set(taken())


def test_names_are_taken_also_where_a_change_set_alone_makes_the_stack(ready, monkeypatch):
    boto3.client("dynamodb").create_table(**LEASES)
    stack_is(monkeypatch, "REVIEW_IN_PROGRESS")

    assert {
        "the DynamoDB table lakewright-prod-lease exists": (
            "an earlier deploy has left it, and no deploy takes it over: delete it"
        )
    } == taken()


def test_subnets_of_one_zone_are_a_warning(ready):
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for i, zone in enumerate("ab")
    ]
    one, two = (
        Network(subnet_ids=tuple(s["SubnetId"] for s in some), security_group_ids=("sg-1",))
        for some in (subnets[:1], subnets)
    )

    assert "warning" == statuses(prod(network=one))["network"]
    assert "ok" == statuses(prod(network=two))["network"]


STACK = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
OTHERS = {"StringNotEquals": {f"aws:PrincipalTag/{TAG}": ADMITTED}}
CLOSED = {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": OTHERS}


def admitting(service, *actions):
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": "*"}


ADMITTING = [admitting(service, *actions) for service, actions in services(REGION, "amazonaws.com").items()]


def key(*statements, **settings):
    kms = boto3.client("kms")
    made = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), **settings)
    if "KeySpec" not in settings:
        kms.enable_key_rotation(KeyId=made["KeyMetadata"]["KeyId"])
    return made["KeyMetadata"]["Arn"]


def of_keys(**named):
    found = [f for f in preflight(prod(keys=Keys.model_validate(named))) if f.check == "keys"]
    return [(f.status, f.found, f.mend) for f in found]


def test_keys_of_the_house_that_admit_who_uses_them_are_well(ready):
    lake, personal = key(ROOT, *ADMITTING), key(ROOT, CLOSED)

    assert [("ok", "keys.lake admits who uses it", ""), ("ok", "keys.personal admits who uses it", "")] == of_keys(
        lake=lake, personal=personal
    )


@pytest.mark.parametrize(
    "statements, lacking",
    [
        pytest.param(ADMITTING, "kms:Decrypt, kms:GenerateDataKey, kms:DescribeKey for the account", id="roles"),
        pytest.param(
            [ROOT, *ADMITTING[1:]], "kms:Decrypt, kms:GenerateDataKey for emr-serverless.amazonaws.com", id="EMR"
        ),
        pytest.param(
            [ROOT, ADMITTING[0], admitting("cloudwatch.amazonaws.com", "kms:GenerateDataKey*"), ADMITTING[2]],
            "kms:Decrypt for cloudwatch.amazonaws.com",
            id="half of it for alarms",
        ),
        pytest.param([ROOT, *ADMITTING[:2]], "for logs.us-east-1.amazonaws.com", id="logs"),
    ],
)
def test_key_that_admits_too_few_is_told_what_to_add(ready, statements, lacking):
    [(status, found, mend)] = of_keys(lake=key(*statements))

    assert ("failed", "keys.lake lacks rights in its policy") == (status, found)
    assert lacking in mend
    assert "docs/deploying.md" in mend


def test_key_that_cannot_encrypt_a_bucket_is_told(ready):
    [(status, found, _)] = of_keys(lake=key(ROOT, *ADMITTING, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"))
    assert ("failed", "keys.lake has KeySpec RSA_2048") == (status, found)

    elsewhere = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-1a2b-3c4d-5e6f-0123456789ab"
    [(status, _, mend)] = of_keys(lake=elsewhere)
    assert ("failed", True) == (status, "deploy to eu-west-1" in mend)


def test_key_of_another_account_is_left_to_its_owner(ready):
    [(status, found, _)] = of_keys(lake=f"arn:aws:kms:{REGION}:999999999999:key/11111111-1a2b-3c4d-5e6f-0123456789ab")

    assert ("warning", "keys.lake is a key of account 999999999999") == (status, found)


def test_key_of_personal_data_that_is_open_to_the_account_is_told(ready):
    [_, (status, found, mend)] = of_keys(personal=key(ROOT))

    assert ("warning", "keys.personal opens to every policy of the account") == (status, found)
    assert "lakewright:personal-data: admitted" in mend


def test_administrator_is_looked_for_in_the_path_of_roles(ready):
    path = Account(role_path="/house/lake/")
    assert f"role/house/lake/{ACCESS_ADMIN_ROLE}" in next(
        f.found for f in preflight(prod(account=path)) if f.check == "administrators"
    )
    administrators(DEPLOYER, f"arn:aws:iam::{ACCOUNT}:role/house/lake/{ACCESS_ADMIN_ROLE}")
    assert "ok" == statuses(prod(account=path))["administrators"]


def of_delivery(monkeypatch, *, dev):
    """The findings on prod, which GitHub deploys, with these settings in dev's file."""
    github = {"github": GitHub(repository="house/lake")}
    monkeypatch.setattr(
        preflight_delivery, "load_environment", lambda name: load_environment(name).model_copy(update=dev)
    )
    monkeypatch.setattr(preflight_delivery, "environment_names", lambda: ["dev", "prod"])
    return [(f.status, f.found, f.mend) for f in preflight(prod(**github)) if f.check == "delivery"]


def test_deployer_of_another_environment_here_is_told_that_it_may_deploy_this_one_too(ready, monkeypatch):
    boto3.client("cloudformation").create_stack(StackName=Names(load_environment("dev")).stack, TemplateBody=STACK)
    same = {"github": GitHub(repository="house/lake")}

    [(status, found, mend)] = of_delivery(monkeypatch, dev=same)
    assert ("warning", True) == (status, "the deployers of dev may deploy prod too" in found)
    assert "bootstrap_qualifier" in mend
    for apart in ({"github": None}, {**same, "account": Account(bootstrap_qualifier="dev")}):
        assert ["ok"] == [status for status, _, _ in of_delivery(monkeypatch, dev=apart)]


def test_deployer_of_an_environment_elsewhere_is_no_worry(ready, monkeypatch):
    assert ["ok"] == [status for status, _, _ in of_delivery(monkeypatch, dev={"github": GitHub(repository="a/b")})]
