"""Rules for every resource of a kind, also for those that are added later."""

import json
import re

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from scripts.comparing.replacements import REGION
from scripts.setup import paths
from shared import key_policy
from shared.config import Environment, environment_names, load_environment
from shared.names import Machine
from tests.docs.documents import CODE, document
from tests.support.cloud import synthesize

# The conditions on the resource or account for which a service acts.
TELLING = ("aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext")
# These services give neither to IAM when they assume a role; what counts is who may pass the role to them.
TELLS_NOTHING = {"lambda.amazonaws.com", "redshift.amazonaws.com", "s3.amazonaws.com"}
# The resources that are given the lake's key, and the service that uses it in its own name; none if it uses the
# caller's rights, or only passes the key's name on. Sources: those of shared/key_policy.py; S3 and Secrets Manager user
# guides, each on "KMS".
USERS_OF_THE_KEY = {
    ("AWS::Logs::LogGroup", "KmsKeyId"): key_policy.logs("${AWS::Region}", "${AWS::URLSuffix}"),
    ("AWS::EMRServerless::Application", "MonitoringConfiguration"): key_policy.EMR,
    ("AWS::StepFunctions::StateMachine", "DefinitionSubstitutions"): key_policy.EMR,
    ("AWS::SNS::Topic", "KmsMasterKeyId"): key_policy.ALARMS,
    ("AWS::S3::Bucket", "BucketEncryption"): None,
    ("AWS::SecretsManager::Secret", "KmsKeyId"): None,
    ("AWS::IAM::Policy", "PolicyDocument"): None,
    ("AWS::SSM::Parameter", "Value"): None,
    ("AWS::CloudFormation::Stack", "Parameters"): None,
}


@pytest.fixture(params=[*environment_names(), "everything"])
def cloud(request, clouds, fullest):
    """Each environment in turn, and the one with every setting."""
    return clouds.get(request.param, fullest)


def statements(cloud):
    """Every statement of a resource policy or of a role's trust policy."""
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


def test_no_service_acts_for_another_account(cloud):
    assert [] == open_to_other_accounts(cloud)


def test_nothing_is_allowed_to_everybody(cloud):
    assert [] == [s for s in statements(cloud) if s["Effect"] == "Allow" and s.get("Principal") in ("*", {"AWS": "*"})]


def given_the_key(cloud, name):
    """The properties that name a key, with their type of resource; a parameter's name says which key it passes."""
    named = re.compile(rf'"(\w*Storage)?{name}[0-9A-F]{{8}}(Arn|Ref)?"')
    return {
        (resource["Type"], key)
        for template in cloud.templates.values()
        for resource in template["Resources"].values()
        for key, value in resource.get("Properties", {}).items()
        if named.search(json.dumps(value))
    }


@pytest.mark.examples
def test_key_admits_each_service_that_encrypts_with_it(fullest):
    """Every resource that is given the key is known here with its service, and the policy admits all of these."""
    [key] = [r for name, r in fullest.of_type("AWS::KMS::Key").items() if name.startswith("Storage/Key")]
    policy = key["Properties"]["KeyPolicy"]["Statement"]
    admitted = {
        spelled(s["Principal"]["Service"]): set(as_list(s["Action"])) for s in policy if "Service" in s["Principal"]
    }

    assert set(USERS_OF_THE_KEY) == given_the_key(fullest, "Key")
    assert {service for service in USERS_OF_THE_KEY.values() if service} == set(admitted)
    wanted = key_policy.services("${AWS::Region}", "${AWS::URLSuffix}")
    assert {service: set(actions) for service, actions in wanted.items()} == admitted


def test_key_of_personal_data_is_used_by_nothing_but_its_bucket_and_roles(fullest):
    used = given_the_key(fullest, "PiiKey")

    assert {
        ("AWS::S3::Bucket", "BucketEncryption"),
        ("AWS::IAM::Policy", "PolicyDocument"),
        ("AWS::CloudFormation::Stack", "Parameters"),
    } == used


def spelled(service):
    """A service's name, with pseudo parameters written as in `Fn::Sub`."""
    parts = [service] if isinstance(service, str) else service["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else f"${{{part['Ref']}}}" for part in parts)


def test_every_log_group_is_kept_for_a_time_and_encrypted(cloud):
    groups = cloud.of_type("AWS::Logs::LogGroup")

    assert groups
    assert {} == {n: g for n, g in groups.items() if not {"RetentionInDays", "KmsKeyId"} <= set(g["Properties"])}


def test_nothing_writes_to_a_log_group_that_aws_makes_by_itself(cloud):
    """Such a log group would have neither a retention nor a key."""
    groups = {name.partition("/")[2] for name in cloud.of_type("AWS::Logs::LogGroup")}
    functions = [f.get("LoggingConfig", {}).get("LogGroup", {}) for f in cloud.properties("AWS::Lambda::Function")]
    flows = [f["LogGroupName"] for f in cloud.properties("AWS::EC2::FlowLog")]

    assert functions
    assert [] == [written for written in [*functions, *flows] if written.get("Ref") not in groups]


def test_every_queue_of_what_was_not_delivered_has_an_alarm_that_is_sent(cloud):
    alarms = json.dumps([a for a in cloud.properties("AWS::CloudWatch::Alarm") if a.get("AlarmActions")])
    queues = {name.partition("/")[2]: q["Properties"] for name, q in cloud.of_type("AWS::SQS::Queue").items()}
    last = [name for name, queue in queues.items() if "RedrivePolicy" not in queue]

    assert last
    assert [] == [name for name in last if name not in alarms]
    passing_on = [str(queue["RedrivePolicy"]) for queue in queues.values() if "RedrivePolicy" in queue]
    assert all(any(name in policy for name in last) for policy in passing_on)


def test_every_alarm_is_sent(cloud):
    alarms = cloud.of_type("AWS::CloudWatch::Alarm")

    assert alarms
    assert {} == {name: a for name, a in alarms.items() if not a["Properties"].get("AlarmActions")}


def test_every_alarm_says_what_happened_and_what_to_read_of_the_manual(cloud, fullest):
    alarms = [a for each in (cloud, fullest) for a in each.properties("AWS::CloudWatch::Alarm")]
    headings = {
        (page.name, heading)
        for page in (paths.ROOT / "docs").glob("*.md")
        for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    told = {a.get("AlarmDescription", "") for a in alarms}
    named = {text: re.fullmatch(r'.{20,} \(docs/(\w+\.md), "(.+)"\)\.', text) for text in told}

    assert any("streaming job" in text for text in told)
    assert [] == [text for text, found in named.items() if not found or found.groups() not in headings]


def test_the_manual_lists_every_alarm_and_no_other(clouds, fullest):
    made = {
        re.fullmatch(r"Alarms(\w+)[0-9A-F]{8}", name.rpartition("/")[2])[1]
        for cloud in (*clouds.values(), fullest)
        for name in cloud.of_type("AWS::CloudWatch::Alarm")
    }
    section = document("docs/operations.md").section("Alarms")
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    machines = [*(machine.logical_id for machine in Machine), "Backfill"]
    listed = [name.replace("<Machine>", m) for row in rows for name in CODE.findall(row) for m in machines]

    assert made == set(listed)


def test_costs_are_broken_down_by_four_tags(cloud):
    """On everything that can have tags by CloudFormation's own schemas; a nested stack itself costs nothing."""
    lacking = {
        f"{stack}/{name}": found
        for stack, template in cloud.templates.items()
        for name, resource in template["Resources"].items()
        if (key := tags_of(resource["Type"]))
        if not {"env", "owner", "stack", "system"} <= (found := keys(resource.get("Properties", {}).get(key, [])))
    }

    assert {} == lacking


def tags_of(kind):
    """The property with the tags of a type of resource, if it has tags and is no stack."""
    if kind.startswith(("Custom::", "AWS::CloudFormation::Stack")):
        return None
    tagging = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema.get("tagging", {})
    return tagging.get("tagProperty", "/properties/Tags").rpartition("/")[2] if tagging.get("taggable") else None


def keys(tags):
    return set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags}


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_no_template_names_a_partition(clouds, env):
    """Except that a laptop's settings give the whole ARN of the stand-in for a cluster."""
    named = {
        name: part
        for name, template in clouds[env].templates.items()
        for part in ("arn:aws:", "arn:aws-cn:", "amazonaws.com.cn")
        if part in json.dumps(template)
    }

    assert {} == named


@pytest.mark.usefixtures("clouds")  # they find Node
def test_whole_stack_uses_the_bootstrap_of_the_settings(tmp_path):
    settings = load_environment("prod").model_dump() | {
        "account": {"bootstrap_qualifier": "house"},
        "github": {"repository": "house/lake"},
    }
    cloud = synthesize("prod", tmp_path / "out", environment=Environment.model_validate(settings), nag=True)
    made = [path.read_text() for path in cloud.folder.glob("*.json") if path.name != "tree.json"]

    assert [] == [text for text in made if "hnb659fds" in text]
    assert "cdk-house-assets-" in json.dumps(cloud.templates["Compute"])
