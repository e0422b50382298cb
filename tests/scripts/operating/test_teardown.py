"""Data is deleted only if that is requested by name and allowed; then all of it is."""

import json
import threading
from datetime import UTC, datetime, timedelta

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from moto.core import set_initial_no_auth_action_count

from scripts.cli.teardown import command
from scripts.local.account import LocalAccount
from scripts.local.clients import ACCOUNT, client
from scripts.local.job_runs import JobResult
from scripts.operating import teardown as operating
from scripts.operating.teardown import Leftover, delete_data, empty
from shared.config import load_environment
from shared.config.replica import Replica
from shared.errors import TerminalError
from shared.names import Names
from shared.release import EMR_RELEASE_LABEL

PERSONAL = "personal"
BUCKET, TABLE = "the-lake", "the-leases"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
TEMPLATE = {
    "Resources": {
        "Lake": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": BUCKET}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alarms"}},
        "Leases": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            },
        },
    }
}


@pytest.fixture
def stack(aws):
    from scripts.local.cloudformation import protection

    protection.install()
    name = Names(load_environment("dev")).stack
    boto3.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(TEMPLATE), EnableTerminationProtection=True
    )
    bucket = boto3.resource("s3").Bucket(BUCKET)
    bucket.Versioning().enable()
    for body in (b"1", b"2"):
        bucket.put_object(Key="gold/table", Body=body)
    return name


def allow(monkeypatch, *, deletion, replica=None):
    told = {"allow_data_deletion": deletion, "replica": replica}
    environment = load_environment("dev").model_copy(update=told)
    monkeypatch.setattr("shared.config.load_environment", lambda _: environment)


def teardown(*words):
    return CliRunner().invoke(command, ["dev", *words], catch_exceptions=False)


def stacks():
    return [s["StackName"] for s in boto3.client("cloudformation").describe_stacks()["Stacks"]]


def buckets():
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def test_stack_goes_and_its_data_stays(stack, monkeypatch):
    allow(monkeypatch, deletion=True)

    said = teardown("--confirm", "dev").output

    assert ([], [BUCKET]) == (stacks(), buckets())
    assert f"AWS::S3::Bucket  {BUCKET}  kept" in said


@pytest.mark.parametrize(
    "words, allowed, said",
    [
        pytest.param(["--confirm", "prod"], True, "another name was given", id="the stack's name is wrong"),
        pytest.param(
            ["--confirm", "dev", "--delete-data-of", "prod"], True, "another name was given", id="the data's is"
        ),
        pytest.param(
            ["--confirm", "dev", "--delete-data-of", "dev"], False, "its file does not allow", id="the file says no"
        ),
    ],
)
def test_nothing_goes_with_one_key_alone(stack, monkeypatch, words, allowed, said):
    allow(monkeypatch, deletion=allowed)

    with pytest.raises(TerminalError, match=said):
        teardown(*words)

    assert ([stack], [BUCKET]) == (stacks(), buckets())


def test_with_both_keys_everything_goes(stack, monkeypatch):
    allow(monkeypatch, deletion=True)

    said = teardown("--confirm", "dev", "--delete-data-of", "dev").output

    assert ([], [], []) == (stacks(), buckets(), boto3.client("dynamodb").list_tables()["TableNames"])
    assert "emptied of 2 versions" in said
    assert "copy" not in said


@pytest.fixture
def personal(stack, monkeypatch):
    """A bucket of the stack; once closed, S3 answers as without the tag: with success and an error per object."""
    told = json.loads(json.dumps(TEMPLATE))
    told["Resources"]["Personal"] = {**told["Resources"]["Lake"], "Properties": {"BucketName": PERSONAL}}
    boto3.client("cloudformation").update_stack(StackName=stack, TemplateBody=json.dumps(told))
    boto3.client("s3").put_object(Bucket=PERSONAL, Key="who", Body=b"1")
    calls = botocore.client.BaseClient._make_api_call

    def denied(self, operation, asked):
        if operation == "DeleteObjects" and asked["Bucket"] == PERSONAL:
            return {"Errors": [{"Key": each["Key"], "Code": "AccessDenied"} for each in asked["Delete"]["Objects"]]}
        return calls(self, operation, asked)

    return lambda: monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", denied)


def test_stack_stays_where_a_bucket_is_not_emptied(stack, personal, monkeypatch):
    """Without its stack, nothing of the environment could be found again."""
    allow(monkeypatch, deletion=True)
    personal()

    with pytest.raises(TerminalError, match=r"1 versions .* for AccessDenied.*lakewright:personal-data: admitted"):
        teardown("--confirm", "dev", "--delete-data-of", "dev")

    assert ([stack], {BUCKET, PERSONAL}) == (stacks(), set(buckets()))


def test_what_is_written_late_goes_and_what_fails_holds_up_nothing(stack, personal, monkeypatch):
    """The stack is gone by then, so a second call would find nothing."""
    allow(monkeypatch, deletion=True)
    delete_stack = operating.delete_stack

    def meanwhile(environment):
        delete_stack(environment)
        for name in (BUCKET, PERSONAL):
            boto3.client("s3").put_object(Bucket=name, Key="late", Body=b"of a job run under way")
        personal()

    monkeypatch.setattr(operating, "delete_stack", meanwhile)

    done = teardown("--confirm", "dev", "--delete-data-of", "dev")

    assert (1, [PERSONAL]) == (done.exit_code, buckets())
    assert [] == boto3.client("dynamodb").list_tables()["TableNames"]
    assert (
        f"AWS::S3::Bucket  {PERSONAL}  is left, to be deleted by hand: {PERSONAL} could not be emptied" in done.output
    )


def test_key_and_secret_can_be_had_back_for_a_month(aws):
    """Without the key, nothing that was kept elsewhere could be read."""
    before = datetime.now(UTC) - timedelta(minutes=1)
    kms, secrets = boto3.client("kms"), boto3.client("secretsmanager")
    key, secret = kms.create_key()["KeyMetadata"]["KeyId"], secrets.create_secret(Name="crm", SecretString="{}")["ARN"]

    said = [delete_data(Leftover("AWS::KMS::Key", key)), delete_data(Leftover("AWS::SecretsManager::Secret", secret))]

    assert ["will be deleted in 30 days", "deleted, to be had back for 30 days"] == [s.partition(";")[0] for s in said]
    ends = [
        kms.describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"],
        secrets.describe_secret(SecretId=secret)["DeletedDate"],
    ]
    assert [30, 30] == [(end - before).days for end in ends]


def test_bucket_that_is_gone_is_empty(aws):
    assert "is not there any more" == empty(Leftover("AWS::S3::Bucket", "gone-before"))


def test_a_copy_in_another_region_is_told_to_be_left(stack, monkeypatch):
    allow(monkeypatch, deletion=True, replica=Replica(region="eu-central-1"))

    said = teardown("--confirm", "dev", "--delete-data-of", "dev").output

    assert "lakewright-dev-copy in eu-central-1  kept, with the copy of the data" in said.splitlines()[-1]


def test_application_that_a_change_of_settings_has_left_goes_with_the_others(stack, monkeypatch):
    """The stack has only the newest; another environment's are left alone."""
    allow(monkeypatch, deletion=True)
    emr, names = boto3.client("emr-serverless"), Names(load_environment("dev"))
    wanted = [names.application, names.application, names.consumer_application, f"{names.stack}-streaming"]
    others = [Names(load_environment("prod")).application, "lakewright-devices"]
    ids = [
        emr.create_application(name=name, releaseLabel="emr-7.10.0", type="SPARK")["applicationId"]
        for name in (*wanted, *others)
    ]
    for id_ in ids:  # moto has no list of job runs before the first one
        emr.start_job_run(applicationId=id_, executionRoleArn=ROLE)

    said = teardown("--confirm", "dev", "--delete-data-of", "dev").output

    gone = [id_ for id_ in ids if emr.get_application(applicationId=id_)["application"]["state"] == "TERMINATED"]
    assert ids[: len(wanted)] == gone
    assert {f"AWS::EMRServerless::Application  {id_}  deleted" for id_ in gone} <= set(said.splitlines())


class Endless:
    """Runs job runs until they are cancelled."""

    parallel = 1

    def __init__(self):
        self.cancelled = threading.Event()

    def run(self, _job_run):
        self.cancelled.wait(60)
        return JobResult(137)

    def cancel(self, _job_run_id):
        self.cancelled.set()


def test_application_goes_with_what_runs_on_it():
    with LocalAccount(Endless(), port=None):
        emr = client("emr-serverless")
        one = emr.create_application(name="batch", releaseLabel=EMR_RELEASE_LABEL, type="SPARK")["applicationId"]
        emr.start_application(applicationId=one)
        job = {"jobDriver": {"sparkSubmit": {"entryPoint": "s3://code/main.py"}}, "executionRoleArn": ROLE}
        run = emr.start_job_run(applicationId=one, **job)["jobRunId"]

        application = Leftover("AWS::EMRServerless::Application", one)
        assert ["deleted", "was deleted before"] == [delete_data(application), delete_data(application)]
        assert "CANCELLED" == emr.get_job_run(applicationId=one, jobRunId=run)["jobRun"]["state"]
        assert "TERMINATED" == emr.get_application(applicationId=one)["application"]["state"]


def test_environment_that_is_not_there_is_told(aws, monkeypatch):
    allow(monkeypatch, deletion=False)

    with pytest.raises(TerminalError, match="there is no stack lakewright-dev"):
        teardown("--confirm", "dev")


@set_initial_no_auth_action_count(0)
def test_credentials_that_may_not_look_are_told_as_such(aws, monkeypatch):
    allow(monkeypatch, deletion=False)

    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        teardown("--confirm", "dev")


def amended(monkeypatch, **changes):
    """Replace the answers of these operations: each function gets the request and the answer, or returns its own."""
    calls = botocore.client.BaseClient._make_api_call

    def call(self, operation, asked):
        change = changes.get(operation)
        return change(self, asked, lambda: calls(self, operation, asked)) if change else calls(self, operation, asked)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def with_status(logical_id, status):
    def listed(_client, _asked, answer):
        told = answer()
        for each in told["StackResourceSummaries"]:
            if each["LogicalResourceId"] == logical_id:
                each |= {"ResourceStatus": status, "ResourceStatusReason": "a job run uses it"}
        return told

    return listed


def test_what_was_deleted_before_is_not_told_as_kept(stack, monkeypatch):
    allow(monkeypatch, deletion=False)
    amended(monkeypatch, ListStackResources=with_status("Leases", "DELETE_COMPLETE"))

    said = teardown("--confirm", "dev").output

    assert [f"AWS::S3::Bucket  {BUCKET}  kept"] == said.splitlines()


def test_stack_that_is_not_deleted_is_told_with_what_holds_it(stack, monkeypatch):
    def failed(_client, _asked, answer):
        told = answer()
        told["Stacks"][0]["StackStatus"] = "DELETE_FAILED"
        return told

    allow(monkeypatch, deletion=True)
    amended(
        monkeypatch,
        DeleteStack=lambda *_: {},
        DescribeStacks=failed,
        ListStackResources=with_status("Topic", "DELETE_FAILED"),
    )

    with pytest.raises(TerminalError, match=r"nor what it keeps; given: Topic \(AWS::SNS::Topic\): a job run uses it"):
        teardown("--confirm", "dev", "--delete-data-of", "dev")

    assert [TABLE] == boto3.client("dynamodb").list_tables()["TableNames"]


def test_secret_goes_and_the_copy_keeps_its_own(aws, monkeypatch):
    """Secrets Manager deletes no secret with replicas, and the copy is useless without the keys of personal data."""
    promoted = []

    def promote(client, asked, _answer):
        promoted.append((client.meta.region_name, asked["SecretId"]))
        secrets.remove_regions_from_replication(SecretId=asked["SecretId"], RemoveReplicaRegions=["eu-central-1"])
        return {}

    secrets = boto3.client("secretsmanager")
    made = secrets.create_secret(Name="lakewright/dev/shop", AddReplicaRegions=[{"Region": "eu-central-1"}])
    amended(monkeypatch, StopReplicationToReplica=promote)

    said = delete_data(Leftover("AWS::SecretsManager::Secret", made["ARN"]))

    assert "deleted, to be had back for 30 days" == said
    assert [("eu-central-1", "lakewright/dev/shop")] == promoted
    assert "DeletedDate" in secrets.describe_secret(SecretId=made["ARN"])
