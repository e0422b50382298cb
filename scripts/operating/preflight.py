"""Checks, without changing anything, what an account must have before an environment is deployed into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from scripts.operating.finding import FAILED, OK, WARNING, Caller, Finding
from scripts.operating.outputs import find_stack
from scripts.operating.preflight_delivery import delivery
from scripts.operating.preflight_keys import keys
from scripts.operating.preflight_left import left
from scripts.operating.preflight_sources import sources
from shared.config.account import Account
from shared.governance.environments import access_admin_of, governance_of
from shared.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.config import Environment

# Source: AWS Service Quotas, EMR Serverless, "Max concurrent vCPUs per account".
VCPU_QUOTA = ("emr-serverless", "L-D05C8A75")
# Source: aws-cdk, the first version of the bootstrap stack that brings roles for deploying.
BOOTSTRAP_VERSION = 6
# Source: Amazon S3 API reference, GetBucketLocation: it has no name for one region, and an old name for another.
REGIONS = {None: "us-east-1", "EU": "eu-west-1"}
# Source: AWS CloudFormation user guide, "Stack status codes"; a rolled-back update or import leaves a usable stack.
NEVER_CAME_UP = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
HALF_DONE = ("_IN_PROGRESS", "_FAILED")


def preflight(environment: Environment) -> list[Finding]:
    """Check everything that a deploy depends on; a check whose request AWS refuses fails, and the others continue."""
    caller = Caller.of_credentials()
    account = Finding(check="account", status=OK, found=f"{caller.account} in {caller.region}, as {caller.arn}")
    checks: tuple[Callable[[Environment, Caller], Iterator[Finding]], ...] = (
        _bootstrap,
        _stack,
        left,
        _quota,
        _administrators,
        _buckets,
        _readers,
        _subnets,
        keys,
        delivery,
        sources,
    )
    return [account, *(finding for check in checks for finding in _findings_of(check, environment, caller))]


def _findings_of(
    check: Callable[[Environment, Caller], Iterator[Finding]], environment: Environment, caller: Caller
) -> list[Finding]:
    try:
        return list(check(environment, caller))
    except ClientError as error:
        name = check.__name__.strip("_")
        return [Finding(check=name, status=FAILED, found=str(error), mend="look with credentials that may read it")]


def _bootstrap(environment: Environment, caller: Caller) -> Iterator[Finding]:
    qualifier = environment.bootstrap_qualifier
    name = f"/cdk-bootstrap/{qualifier}/version"
    mend = f"./lake cdk bootstrap aws://{caller.account}/{caller.region} --qualifier {qualifier}"
    if qualifier != Account().bootstrap_qualifier:
        # In the stack of the default name, another qualifier would replace the roles that other deploys here use.
        mend += f" --toolkit-stack-name CDKToolkit-{qualifier}"
    ssm = boto3.client("ssm")
    try:
        version = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        yield Finding(check="bootstrap", status=FAILED, found=f"no parameter {name}", mend=mend)
        return
    enough = int(version) >= BOOTSTRAP_VERSION
    yield Finding(
        check="bootstrap", status=OK if enough else FAILED, found=f"version {version}", mend="" if enough else mend
    )


def _stack(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    name = Names(environment).stack
    stack = find_stack(name)
    if stack is None:
        yield Finding(check="stack", status=OK, found=f"{name} is not there yet")
        return
    status = stack["StackStatus"]
    stuck = status in NEVER_CAME_UP or status.endswith(HALF_DONE)
    mend = "let it end; one that stopped where it failed is rolled back, one whose rollback failed is continued"
    if status in NEVER_CAME_UP:
        lifted = "aws cloudformation update-termination-protection --no-enable-termination-protection"
        mend = (
            f"a stack that never came up is deleted first: {lifted} --stack-name {name}, "
            f"then aws cloudformation delete-stack --stack-name {name}"
        )
    yield Finding(check="stack", status=FAILED if stuck else OK, found=f"{name}: {status}", mend=mend if stuck else "")


def _quota(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    service, code = VCPU_QUOTA
    client = boto3.client("service-quotas")
    try:
        quota = client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
    except client.exceptions.NoSuchResourceException:
        quota = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
    needed = environment.vcpus_at_once
    enough = quota >= needed
    mend = f"ask for {needed}: aws service-quotas request-service-quota-increase --service-code {service}"
    yield Finding(
        check="quota",
        status=OK if enough else FAILED,
        found=f"{quota:g} vCPUs at once, {needed} needed",
        mend="" if enough else f"{mend} --quota-code {code} --desired-value {needed}; or lower spark.maximum_vcpu",
    )


def _administrators(environment: Environment, caller: Caller) -> Iterator[Finding]:
    if environment.governance is None:
        return
    settings = boto3.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    found = {admin["DataLakePrincipalIdentifier"] for admin in settings.get("DataLakeAdmins", [])}
    qualifier = environment.bootstrap_qualifier
    names = (f"cdk-{qualifier}-cfn-exec-role-{caller.account}-{caller.region}", access_admin_of(environment))
    deployer, admin = map(caller.role_arn, names)
    missing = sorted({deployer, admin} - found)
    if not missing:
        yield Finding(check="administrators", status=OK, found=f"{len(found)} of Lake Formation, ours among them")
        return
    mend = f"./lake cdk deploy 'account/*' --context env={environment.name}"
    if found and deployer not in found:
        # CloudFormation calls Lake Formation as this role, whoever runs the command.
        mend = f"have one of {', '.join(sorted(found))} make {deployer} an administrator of Lake Formation, then {mend}"
    yield Finding(check="administrators", status=FAILED, found=f"Lake Formation lacks {', '.join(missing)}", mend=mend)


def _buckets(environment: Environment, caller: Caller) -> Iterator[Finding]:
    for root in (environment.lake_root, environment.pii_root, environment.landing_root):
        if root is None or not root.startswith("s3://"):
            continue
        bucket = root.removeprefix("s3://").partition("/")[0]
        answer = boto3.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"]
        region = REGIONS.get(answer, answer)
        here = region == caller.region
        yield Finding(
            check="buckets",
            status=OK if here else FAILED,
            found=f"{bucket} in {region}",
            mend="" if here else f"EMR Serverless reads its region alone: deploy to {region}, or name another bucket",
        )


def _readers(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    if environment.governance is None:
        return
    iam = boto3.client("iam")
    for role, who in governance_of(environment).roles.items():
        if who.iam_role is None:
            continue
        try:
            iam.get_role(RoleName=who.iam_role.rpartition("/")[2])
        except iam.exceptions.NoSuchEntityException:
            mend = f"make it, or leave iam_role of {role} out and the stack makes one"
            yield Finding(check="readers", status=FAILED, found=f"no IAM role {who.iam_role}", mend=mend)
        else:
            yield Finding(check="readers", status=OK, found=f"{role} is {who.iam_role}")


def _subnets(environment: Environment, _caller: Caller) -> Iterator[Finding]:
    if environment.vpc:
        has_way_out = environment.vpc.nat_gateways > 0
        yield Finding(
            check="network",
            status=OK if has_way_out else WARNING,
            found=f"the stack makes a VPC with {environment.vpc.nat_gateways} NAT gateways",
            mend="" if has_way_out else "without vpc.nat_gateways jobs reach no Snowflake and no public address",
        )
        return
    if environment.network is None:
        mend = (
            "without `network` or `vpc` jobs reach S3, DynamoDB, Secrets Manager and few other services: they send no "
            "event of a source's drift, and reach no Redshift, no Snowflake and no public address"
        )
        yield Finding(check="network", status=WARNING, found="no VPC", mend=mend)
        return
    subnets = boto3.client("ec2").describe_subnets(SubnetIds=list(environment.network.subnet_ids))["Subnets"]
    zones = {_text(subnet, "AvailabilityZone") for subnet in subnets}
    free = min(int(subnet["AvailableIpAddressCount"]) for subnet in subnets)
    several = len(zones) > 1
    yield Finding(
        check="network",
        status=OK if several else WARNING,
        found=f"{len(subnets)} subnets in {', '.join(sorted(zones))}, at least {free} free addresses in each",
        mend="" if several else "a job run needs an address per worker; give it subnets of a second zone too",
    )


def _text(item: Any, key: str) -> str:  # noqa: ANN401 - an answer of boto3
    return str(item[key])
