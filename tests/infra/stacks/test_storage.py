"""Buckets without public access, a key that services share, tables of leases and known runs."""

import json
from fnmatch import fnmatchcase

import pytest

from shared.config import Environment, load_environment
from shared.contracts import load_catalog
from shared.jobs import Step
from shared.names import Names
from tests.support.cloud import synthesize

PUBLIC_ACCESS_BLOCKED = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}


def bucket(cloud, name):
    (found,) = [r for key, r in cloud.of_type("AWS::S3::Bucket").items() if key.startswith(f"Storage/{name}")]
    return found["Properties"]


def key(cloud, name):
    [found] = [r for path, r in cloud.of_type("AWS::KMS::Key").items() if path.startswith(f"Storage/{name}")]
    return found["Properties"]


def test_keys_rotate(cloud):
    assert [True, True] == [found["EnableKeyRotation"] for found in cloud.properties("AWS::KMS::Key")]


@pytest.mark.parametrize(
    "service",
    ["emr-serverless.amazonaws.com", "cloudwatch.amazonaws.com"],
)
def test_key_admits_a_service_for_this_account_only(prod, service):
    policy = key(prod, "Key")["KeyPolicy"]["Statement"]
    (admitted,) = [s for s in policy if s["Principal"].get("Service") == service]

    assert {"aws:SourceAccount": {"Ref": "AWS::AccountId"}} == admitted["Condition"]["StringEquals"]


@pytest.mark.parametrize("name", ["Lake", "Landing", "Pii"])
def test_data_is_encrypted_with_the_key_and_versioned(cloud, name):
    found = bucket(cloud, name)
    (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert True is rule["BucketKeyEnabled"]
    assert "aws:kms" == rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
    assert {"Status": "Enabled"} == found["VersioningConfiguration"]
    assert f"access/{name.lower()}/" == found["LoggingConfiguration"]["LogFilePrefix"]


@pytest.mark.parametrize("name", ["Lake", "Landing", "Logs", "Pii"])
def test_bucket_is_private_and_removes_leftovers(cloud, name):
    found = bucket(cloud, name)
    (housekeeping,) = [r for r in found["LifecycleConfiguration"]["Rules"] if r["Id"] == "housekeeping"]

    assert PUBLIC_ACCESS_BLOCKED == found["PublicAccessBlockConfiguration"]
    assert {"NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"} <= set(housekeeping)


def test_every_bucket_wants_tls_1_2(cloud):
    policies = [json.dumps(p["PolicyDocument"]) for p in cloud.properties("AWS::S3::BucketPolicy")]

    assert [True] * len(cloud.of_type("AWS::S3::Bucket")) == [
        '"NumericLessThan": {"s3:TlsVersion": 1.2}' in policy for policy in policies
    ]


def test_nothing_of_the_lake_expires_but_what_is_staged(cloud):
    rules = bucket(cloud, "Lake")["LifecycleConfiguration"]["Rules"]

    expiring = [(r["Prefix"], r["ExpirationInDays"]) for r in rules if "ExpirationInDays" in r]
    assert [("staging/", 3), ("unload/", 3)] == expiring


def test_a_leftover_erasure_request_expires(cloud):
    rules = bucket(cloud, "Pii")["LifecycleConfiguration"]["Rules"]

    expiring = [(r["Prefix"], r["ExpirationInDays"]) for r in rules if "ExpirationInDays" in r]
    assert [("staging/", 3), ("erasures/requests/", 3)] == expiring


def test_landing_sends_events_to_event_bridge_without_a_custom_resource(cloud):
    assert {"EventBridgeEnabled": True} == bucket(cloud, "Landing")["NotificationConfiguration"][
        "EventBridgeConfiguration"
    ]
    assert {} == cloud.of_type("Custom::S3BucketNotifications")


def test_lease_table_has_the_name_jobs_know_and_known_runs_expire(prod):
    tables = {t.get("TableName", ""): t for t in prod.properties("AWS::DynamoDB::Table")}
    leases, known_runs = tables[Names(load_environment("prod")).lease_table], tables[""]

    assert [{"AttributeName": "table", "KeyType": "HASH"}] == leases["KeySchema"]
    assert {"AttributeName": "expires_at", "Enabled": True} == known_runs["TimeToLiveSpecification"]
    assert "TimeToLiveSpecification" not in leases
    assert [{"SSEEnabled": True}] * 3 == [table["SSESpecification"] for table in tables.values()]


def test_folder_takes_the_place_of_the_bucket_in_every_root(clouds):
    local = clouds["local"]
    outputs = local.templates[""]["Outputs"]
    root = str(local.folder.parent / "lake")

    assert (root, f"{root}/landing") == (outputs["LakeRoot"]["Value"], outputs["LandingRoot"]["Value"])


def test_existing_bucket_is_used_and_not_made(tmp_path):
    places = {"lake_root": "s3://house-lake/sales", "pii_root": "s3://house-pii", "landing_root": "s3://house-drop/in"}
    environment = Environment.model_validate(load_environment("prod").model_dump() | places)
    cloud = synthesize("prod", tmp_path / "out", environment=environment, nag=True)
    job_rights = json.dumps(cloud.templates["Compute"])

    made = [
        name for name in cloud.of_type("AWS::S3::Bucket") if not name.startswith(("Storage/Results", "Storage/Pii"))
    ]

    assert ["Storage/Logs6819BB44"] == made
    assert ":s3:::house-lake/sales/bronze/*" in job_rights
    assert ":s3:::house-lake/*" not in job_rights
    assert "s3://house-lake/sales" == cloud.templates[""]["Outputs"]["LakeRoot"]["Value"]


NOT_ADMITTED = {"StringNotEquals": {"aws:PrincipalTag/lakewright:personal-data": "admitted"}}


def denials(policy):
    return [s for s in policy["Statement"] if s["Effect"] == "Deny" and s.get("Condition") == NOT_ADMITTED]


def test_personal_data_has_a_key_and_a_bucket_that_deny_everybody_who_is_not_admitted(cloud):
    [key_denied] = denials(key(cloud, "PiiKey")["KeyPolicy"])
    [objects] = bucket_denials(cloud, "Pii")

    assert [] == bucket_denials(cloud, "Lake")
    assert ({"AWS": "*"}, {"AWS": "*"}) == (key_denied["Principal"], objects["Principal"])
    assert {"kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"} == set(key_denied["Action"])
    assert {"s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*"} == set(objects["Action"])
    assert "PiiKey" in str(bucket(cloud, "Pii")["BucketEncryption"])


def bucket_denials(cloud, which):
    [found] = [p for name, p in cloud.of_type("AWS::S3::BucketPolicy").items() if name.startswith(f"Storage/{which}")]
    return denials(found["Properties"]["PolicyDocument"])


def test_files_with_personal_data_are_read_only_by_admitted_roles_and_put_by_anybody(cloud):
    """That bronze is closed to all others would be worth little if the files that it is made of were open."""
    [denied] = bucket_denials(cloud, "Landing")
    closed = [resource["Fn::Join"][1][1] for resource in denied["Resource"]]
    personal = [t.source.location for t in load_catalog().tables.values() if t.is_personal and t.source]
    files = [location.removeprefix("s3://landing/").replace("*", "a") for location in personal if location]

    assert "s3:GetObject*" == denied["Action"]
    assert "crm/contacts/a.csv" in files
    assert [] == [file for file in files if not any(fnmatchcase(f"/{file}", key) for key in closed)]
    assert not any(fnmatchcase("/crm/opportunities/a.csv", key) for key in closed)


def test_only_the_jobs_and_lake_formations_role_are_admitted_to_personal_data(cloud):
    admitted = [
        name
        for name, role in cloud.of_type("AWS::IAM::Role").items()
        if {"Key": "lakewright:personal-data", "Value": "admitted"} in role["Properties"].get("Tags", [])
    ]

    lenders = {"Governance/PiiLender"} if cloud.of_type("AWS::LakeFormation::Resource") else set()

    jobs = {f"Compute/{step.title()}Role" for step in Step if step is not Step.PUBLISH}
    assert {*jobs, *lenders} == {name[:-8] for name in admitted}
