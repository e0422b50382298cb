"""What must hold of every resource of its kind, whoever adds the next one."""

import json

import pytest
from pydantic import ValidationError

from shared.config import Environment, load_environment
from shared.config.account import Account
from shared.names import Names
from tests.support.cloud import synthesize

# What lets a service be told by which resource, or for which account, it is asked.
TELLING = ("aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext")
# These hand neither to IAM when they take a role; whoever may pass the role to a function or a cluster decides.
TELLS_NOTHING = {"lambda.amazonaws.com", "redshift.amazonaws.com"}
# The services that write to something encrypted with the key: who, and what makes it theirs.
KEY_USERS = {
    "AWS::Logs::LogGroup": "logs.",
    "AWS::EMRServerless::Application": "emr-serverless.amazonaws.com",
    "AWS::SNS::Topic": "cloudwatch.amazonaws.com",
}
LONGEST = "a" * 12


def statements(cloud):
    """Every statement of a policy that stands on a resource, or says who takes a role."""
    for resource in (r for template in cloud.templates.values() for r in template["Resources"].values()):
        properties = resource.get("Properties", {})
        for key in ("AssumeRolePolicyDocument", "KeyPolicy"):
            if key in properties:
                yield from properties[key]["Statement"]
        if resource["Type"] in {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"}:
            yield from properties["PolicyDocument"]["Statement"]


def services(statement):
    principal = statement.get("Principal", {})
    found = principal.get("Service", []) if isinstance(principal, dict) else []
    return [service if isinstance(service, str) else json.dumps(service) for service in as_list(found)]


def as_list(value):
    return value if isinstance(value, list) else [value]


def open_to_other_accounts(cloud):
    return [
        (service, statement)
        for statement in statements(cloud)
        if statement["Effect"] == "Allow"
        for service in services(statement)
        if service not in TELLS_NOTHING and not any(word in json.dumps(statement.get("Condition")) for word in TELLING)
    ]


def test_no_service_can_be_made_to_act_for_another_account(cloud):
    assert [] == open_to_other_accounts(cloud)


def test_nothing_is_allowed_to_everybody(cloud):
    assert [] == [s for s in statements(cloud) if s["Effect"] == "Allow" and s.get("Principal") in ("*", {"AWS": "*"})]


def test_key_admits_each_service_that_encrypts_with_it(prod):
    [key] = [r for name, r in prod.of_type("AWS::KMS::Key").items() if name.startswith("Storage/Key")]
    policy = json.dumps(key["Properties"]["KeyPolicy"])

    assert [] == [service for kind, service in KEY_USERS.items() if prod.of_type(kind) and service not in policy]


def test_every_log_group_is_kept_for_a_time_and_encrypted(cloud):
    groups = cloud.of_type("AWS::Logs::LogGroup")

    assert groups
    assert {} == {n: g for n, g in groups.items() if not {"RetentionInDays", "KmsKeyId"} <= set(g["Properties"])}


def test_every_queue_of_what_was_not_delivered_has_an_alarm_that_is_sent(cloud):
    alarms = json.dumps([a for a in cloud.properties("AWS::CloudWatch::Alarm") if a.get("AlarmActions")])
    queues = [name.partition("/")[2] for name in cloud.of_type("AWS::SQS::Queue")]

    assert queues
    assert [] == [name for name in queues if name not in alarms]


def test_every_alarm_is_sent(cloud):
    alarms = cloud.of_type("AWS::CloudWatch::Alarm")

    assert {} == {name: a for name, a in alarms.items() if not a["Properties"].get("AlarmActions")}


def test_costs_are_told_apart_by_four_tags(cloud):
    tagged = {
        name: {tag["Key"] for tag in bucket["Properties"]["Tags"]}
        for name, bucket in {**cloud.of_type("AWS::S3::Bucket"), **cloud.of_type("AWS::DynamoDB::Table")}.items()
    }

    assert {} == {name: tags for name, tags in tagged.items() if not {"env", "owner", "step", "system"} <= tags}


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_no_template_names_a_partition(clouds, env):
    """A laptop's settings name the stand-in of a cluster by its whole ARN."""
    named = {
        name: part
        for name, template in clouds[env].templates.items()
        for part in ("arn:aws:", "arn:aws-cn:", "amazonaws.com.cn")
        if part in json.dumps(template)
    }

    assert {} == named


@pytest.fixture(scope="module")
def longest(tmp_path_factory, clouds):
    """An environment whose name is as long as it may be, as templates."""
    settings = load_environment("prod").model_dump() | {"name": LONGEST, "github": {"repository": "house/lake"}}
    output = tmp_path_factory.mktemp("longest") / "out"
    return synthesize("prod", output, environment=Environment.model_validate(settings))


LIMITS = {
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::EMRServerless::Application", "Name"): 64,
    ("AWS::Scheduler::Schedule", "Name"): 64,
    ("AWS::StepFunctions::StateMachine", "StateMachineName"): 80,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::Athena::WorkGroup", "Name"): 128,
    ("AWS::DynamoDB::Table", "TableName"): 255,
}


@pytest.mark.parametrize("kind, name", LIMITS)
def test_names_fit_with_the_longest_environment(longest, kind, name):
    names = [p[name] for p in longest.properties(kind) if isinstance(p.get(name), str)]

    assert [] == [found for found in names if len(found) > LIMITS[kind, name]]
    assert kind not in {"AWS::IAM::Role", "AWS::StepFunctions::StateMachine"} or names


def test_role_of_the_longest_name_fits():
    environment = load_environment("prod").model_copy(update={"name": LONGEST})

    assert 64 >= len(Names(environment).reader_role("r" * 30))


@pytest.mark.parametrize(
    "vcpus, quota, fits",
    [
        pytest.param(16, None, True, id="a new account"),
        pytest.param(17, None, False, id="one more than a new account has"),
        pytest.param(64, 64, True, id="a quota that was raised"),
    ],
)
def test_capacity_of_all_applications_fits_the_quota(vcpus, quota, fits):
    account = {"account": {"vcpu_quota": quota}} if quota else {}
    settings = {"name": "prod", "owner": "o", "spark": {"maximum_vcpu": vcpus}, **account}

    if fits:
        assert vcpus == Environment.model_validate(settings).vcpus_at_once
    else:
        with pytest.raises(ValidationError, match=r"the account's quota is 16.*account\.vcpu_quota"):
            Environment.model_validate(settings)


def test_streaming_takes_as_much_again():
    settings = {
        "name": "prod",
        "owner": "o",
        "spark": {"maximum_vcpu": 8, "max_executors": 1},
        "kafka": {"every_seconds": 60},
    }

    assert 16 == Environment.model_validate(settings).vcpus_at_once


def test_quota_of_a_new_account_is_sixteen():
    assert 16 == Account().vcpu_quota


@pytest.mark.usefixtures("clouds")  # they find Node
def test_whole_stack_goes_by_the_bootstrap_of_the_house(tmp_path):
    settings = load_environment("prod").model_dump() | {
        "account": {"bootstrap_qualifier": "house"},
        "github": {"repository": "house/lake"},
    }
    cloud = synthesize("prod", tmp_path / "out", environment=Environment.model_validate(settings), nag=True)
    made = [path.read_text() for path in cloud.folder.glob("*.json") if path.name != "tree.json"]

    assert [] == [text for text in made if "hnb659fds" in text]
    assert "cdk-house-assets-" in json.dumps(cloud.templates["Compute"])
