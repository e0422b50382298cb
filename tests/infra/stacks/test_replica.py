"""A copy in another region: what is copied, by whom, and where to."""

import json

import pytest
from pydantic import ValidationError

from shared.config import Environment, load_environment
from shared.replica_names import copy_key
from tests.infra.test_findings import lint
from tests.support.cloud import synthesize

REGION = "eu-central-1"
BUCKETS = ("lake", "pii", "landing")


@pytest.fixture(scope="module")
def copied(tmp_path_factory, clouds):
    """Prod with a copy, with the findings of the checkers; and the stack of the copy."""
    environment = Environment.model_validate(load_environment("prod").model_dump() | {"replica": {"region": REGION}})
    output = tmp_path_factory.mktemp("copied") / "out"
    cloud = synthesize("prod", output, environment=environment, stages=("replica",), nag=True)
    (template,) = (output / "assembly-replica").glob("*.template.json")
    return cloud, json.loads(template.read_text())


def replication(cloud, what):
    [bucket] = [r for key, r in cloud.of_type("AWS::S3::Bucket").items() if key.startswith(f"Storage/{what.title()}")]
    return bucket["Properties"]["ReplicationConfiguration"]


@pytest.mark.parametrize("what", BUCKETS)
def test_everything_is_copied_and_what_is_deleted_is_deleted_there(copied, what):
    [rule] = replication(copied[0], what)["Rules"]

    assert ("Enabled", {"Prefix": ""}) == (rule["Status"], rule["Filter"])
    assert "Enabled" == rule["DeleteMarkerReplication"]["Status"]
    # Otherwise objects encrypted with a KMS key would be skipped silently.
    assert "Enabled" == rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"]["Status"]
    assert "Enabled" == rule["Destination"]["Metrics"]["Status"]


@pytest.mark.parametrize("what", BUCKETS)
def test_role_reads_its_bucket_and_writes_to_its_copy_alone(copied, what):
    cloud, _ = copied
    role = replication(cloud, what)["Role"]["Fn::GetAtt"][0]
    [policy] = [
        p["PolicyDocument"]["Statement"] for p in cloud.properties("AWS::IAM::Policy") if p["Roles"] == [{"Ref": role}]
    ]
    writing = [s for s in policy if "s3:ReplicateObject" in s["Action"]]
    encrypting = [s for s in policy if "kms:Encrypt" in s["Action"]]
    tags = {t["Key"] for t in cloud.templates["Storage"]["Resources"][role]["Properties"]["Tags"]}

    assert [True] == [f"lakewright-prod-{what}-copy-" in json.dumps(s["Resource"]) for s in writing]
    alias = copy_key("prod", is_personal=what == "pii")
    assert [{"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}] == [s["Condition"] for s in encrypting]
    assert (what in {"landing", "pii"}) is ("lakewright:personal-data" in tags)


def test_secrets_are_kept_in_that_region_too(copied):
    alias = copy_key("prod", is_personal=False)
    for secret in copied[0].properties("AWS::SecretsManager::Secret"):
        assert [{"Region": REGION, "KmsKeyId": alias}] == secret["ReplicaRegions"]


def test_copy_is_as_private_and_lasting_as_the_lake(copied):
    cloud, template = copied
    resources = template["Resources"].values()
    closed = {
        r["Properties"]["Bucket"]["Ref"][:-8]
        for r in resources
        if r["Type"] == "AWS::S3::BucketPolicy"
        and "DenyWhoIsNotAdmitted" in json.dumps(r["Properties"]["PolicyDocument"])
    }
    manifest = json.loads((cloud.folder / "assembly-replica" / "manifest.json").read_text())
    [stack] = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]

    assert {"Retain"} == {
        r["UpdateReplacePolicy"] for r in resources if r["Type"] in {"AWS::S3::Bucket", "AWS::KMS::Key"}
    }
    assert {"Landing", "Pii"} == closed
    assert f"aws://unknown-account/{REGION}" == stack["environment"]
    assert (True, "lakewright-prod-copy") == (
        stack["properties"]["terminationProtection"],
        stack["properties"]["stackName"],
    )


def test_cfn_lint_finds_nothing(copied):
    cloud, _ = copied
    names = ("Storage", "Secrets", "Orchestration")
    templates = [path for path in cloud.folder.glob("*.template.json") if any(n in path.name for n in names)]

    assert (0, "") == lint([*templates, *(cloud.folder / "assembly-replica").glob("*.template.json")])


def test_an_existing_place_is_not_copied():
    settings = load_environment("prod").model_dump() | {"replica": {"region": REGION}, "lake_root": "s3://house"}

    with pytest.raises(ValidationError, match="lake_root names another place"):
        Environment.model_validate(settings)
