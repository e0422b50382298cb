"""Who may do what: only actions that exist, only on the intended resources."""

import re
from functools import cache

import botocore.session
import pytest

from shared.jobs import Step, steps_of
from shared.names import Machine
from shared.smoke import SMOKE_MACHINE

# The name of a service in IAM -> its name in botocore.
SERVICES = {
    "kms": "kms",
    "redshift": "redshift",
    "redshift-data": "redshift-data",
    "redshift-serverless": "redshift-serverless",
    "s3": "s3",
    "states": "stepfunctions",
    "emr-serverless": "emr-serverless",
    "dynamodb": "dynamodb",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "logs": "logs",
    "xray": "xray",
    "events": "events",
    "sns": "sns",
    "sqs": "sqs",
    "sts": "sts",
    "iam": "iam",
    "lambda": "lambda",
    "lakeformation": "lakeformation",
    "glue": "glue",
    "kafka": "kafka",
    "athena": "athena",
}
# Rights that are no operation of an API.
RIGHTS_ONLY = {
    # Of a transaction. Source: AWS service authorization reference, "Amazon DynamoDB".
    "dynamodb:ConditionCheckItem",
    "execute-api:Invoke",
    "iam:PassRole",
    "lambda:InvokeFunction",
    "lakeformation:GetDataAccess",
    "s3:ListBucket",
    "s3:ListMultipartUploadParts",
    # Of replication. Source: Amazon S3 user guide, "Setting up permissions for live replication".
    "s3:GetReplicationConfiguration",
    *(f"s3:GetObjectVersion{what}" for what in ("ForReplication", "Acl", "Tagging")),
    *(f"s3:Replicate{what}" for what in ("Object", "Delete", "Tags")),
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
    # Of Kafka's own protocol. Source: AWS service authorization reference, "Apache Kafka APIs for Amazon MSK clusters".
    *(f"kafka-cluster:{action}" for action in ("Connect", "DescribeTopic", "ReadData", "DescribeGroup", "AlterGroup")),
}
FORBIDDEN_TO_JOBS = ("glue:", "lakeformation:", "iam:", "kms:*", "s3:*")
RESETTING = ("dynamodb:DeleteItem", "dynamodb:PutItem")


def statements(document):
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def actions_of(statement):
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


def policies_of(cloud):
    yield from (p["PolicyDocument"] for kind in POLICY_TYPES for p in cloud.properties(kind))
    yield from (p["AssumeRolePolicyDocument"] for p in cloud.properties("AWS::IAM::Role"))
    yield from (p["KeyPolicy"] for p in cloud.properties("AWS::KMS::Key"))


POLICY_TYPES = (
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
)


@cache
def operations(service):
    return botocore.session.get_session().get_service_model(SERVICES[service]).operation_names


def unknown_actions(cloud):
    named = {action for policy in policies_of(cloud) for s in statements(policy) for action in actions_of(s)}
    unknown = set()
    for action in named - RIGHTS_ONLY:
        service, _, operation = action.partition(":")
        pattern = re.compile(operation.replace("*", ".*"))
        if not any(pattern.fullmatch(name) for name in operations(service)):
            unknown.add(action)
    return unknown


def test_every_action_is_one_of_aws(cloud):
    assert set() == unknown_actions(cloud)


def is_named(name, role):
    """Whether a resource is a role's; if two roles have one name, it is given with its stack."""
    return (name if "/" in role else name.partition("/")[2]).startswith(role)


def policy_of(cloud, role):
    (found,) = [
        resource["Properties"]["PolicyDocument"]
        for name, resource in cloud.of_type("AWS::IAM::Policy").items()
        if is_named(name, role)
    ]
    return statements(found)


@pytest.mark.parametrize("step", Step)
def test_jobs_hold_no_catalog_rights_and_cannot_reset_a_lease(cloud, step):
    held = [
        (action, str(statement["Resource"]))
        for statement in policy_of(cloud, f"Compute/{step.title()}Role")
        for action in actions_of(statement)
    ]

    assert held
    assert [] == [action for action, _ in held if action.startswith(FORBIDDEN_TO_JOBS)]
    assert [] == [action for action, resource in held if action.startswith(RESETTING) and "Served" not in resource]


def test_ingest_alone_puts_events_and_those_of_the_lake_alone(prod):
    held = {step: policy_of(prod, f"Compute/{step.title()}Role") for step in Step}
    found = {step: [s for s in those if "events:PutEvents" in actions_of(s)] for step, those in held.items()}
    [statement] = found.pop(Step.INGEST)

    assert [[]] * len(found) == list(found.values())
    assert {"StringEquals": {"events:source": "lakewright"}} == statement["Condition"]
    assert ":event-bus/default" == statement["Resource"]["Fn::Join"][1][-1]


@pytest.mark.parametrize(
    "role, service",
    [
        *(pytest.param(f"Compute/{s.title()}Role", "emr-serverless.amazonaws.com", id=f"jobs of {s}") for s in Step),
        pytest.param("FileLandedRole", "states.amazonaws.com", id="the machine of files"),
        pytest.param("LandedFilesOnFileLandedRole", "lambda.amazonaws.com", id="on_file_landed"),
        pytest.param("OnBackfillRequestedRole", "lambda.amazonaws.com", id="on_backfill_requested"),
        pytest.param("OnRunRequestedRole", "lambda.amazonaws.com", id="on_run_requested"),
        pytest.param("OnRowRequestedRole", "lambda.amazonaws.com", id="on_row_requested"),
        pytest.param("OnStepsFinishedRole", "lambda.amazonaws.com", id="on_steps_finished"),
        pytest.param("BackfillRole", "states.amazonaws.com", id="the backfill"),
        pytest.param("DailyBatchRole", "states.amazonaws.com", id="the daily batch"),
        pytest.param("SalesforceIngestionRole", "states.amazonaws.com", id="Salesforce's machine"),
    ],
)
def test_only_its_service_takes_a_role(prod, role, service):
    (found,) = [r for name, r in prod.of_type("AWS::IAM::Role").items() if is_named(name, role)]

    assert [service] == [
        statement["Principal"]["Service"] for statement in statements(found["Properties"]["AssumeRolePolicyDocument"])
    ]


@pytest.mark.parametrize("step", Step)
def test_job_role_is_for_applications_of_this_account(prod, step):
    name = f"Compute/{step.title()}Role"
    (role,) = [r for found, r in prod.of_type("AWS::IAM::Role").items() if found.startswith(name)]
    (statement,) = statements(role["Properties"]["AssumeRolePolicyDocument"])

    assert {"Ref": "AWS::AccountId"} == statement["Condition"]["StringEquals"]["aws:SourceAccount"]
    assert ":/applications/*" == statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][-1]


@pytest.mark.parametrize(
    "role, steps",
    [
        *(pytest.param(m.logical_id, steps_of(m), id=m) for m in Machine),
        pytest.param("Smoke", [Step.SMOKE], id=SMOKE_MACHINE),
    ],
)
def test_machine_passes_the_roles_of_its_steps_to_emr_and_waits_by_the_managed_rule(prod, role, steps):
    rights = {action: s for s in policy_of(prod, f"Orchestration/{role}Role") for action in actions_of(s)}
    passed = str(rights["iam:PassRole"]["Resource"])

    assert {s for s in Step if f"Compute{s.title()}Role" in passed} == set(steps)
    assert {"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}} == rights["iam:PassRole"][
        "Condition"
    ]
    assert "StepFunctionsGetEventsForEMRServerlessJobRule" in str(rights["events:PutRule"]["Resource"])
    assert {"emr-serverless:StartJobRun", "emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"} <= set(rights)
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(rights)


def test_the_backfill_runs_the_machines_of_sources_waits_for_them_and_may_do_nothing_else(prod):
    held = {action: s["Resource"] for s in policy_of(prod, "Orchestration/BackfillRole") for action in actions_of(s)}
    started, executions = (str(held[f"states:{action}"]) for action in ("StartExecution", "StopExecution"))

    assert {"DailyBatch", "SalesforceIngestion"} == set(re.findall(r"'(\w+?)Machine[0-9A-F]{8}'", started))
    assert held["states:StopExecution"] == held["states:DescribeExecution"]
    ends = {":execution:lakewright-prod-daily_batch:*", ":execution:lakewright-prod-salesforce_ingestion:*"}
    assert ends == set(re.findall(r":execution:[^']+", executions))
    assert "StepFunctionsGetEventsForStepFunctionsExecutionRule" in str(held["events:PutRule"])
    others = {action for action in held if not action.startswith(("logs:", "xray:"))}
    rule = {"events:PutTargets", "events:PutRule", "events:DescribeRule"}
    execution = {"states:StartExecution", "states:DescribeExecution", "states:StopExecution"}
    assert {"lambda:InvokeFunction", *rule, *execution} == others


def test_nobody_is_granted_everything_of_a_service(cloud):
    granted = [
        action
        for kind in POLICY_TYPES[:2]
        for policy in cloud.properties(kind)
        for statement in statements(policy["PolicyDocument"])
        for action in actions_of(statement)
    ]

    assert [] == [action for action in granted if "*" in action]


def test_every_right_of_a_role_stands_in_a_policy_of_its_own(cloud):
    """So that reading the policies, as these tests and the reviewed list of rights do, reads all rights."""
    roles = cloud.properties("AWS::IAM::Role")

    assert [] == [role for role in roles if {"Policies", "ManagedPolicyArns"} & set(role)]


def test_the_function_of_landed_files_may_start_one_machine_and_read_nothing(prod):
    held = {action: s["Resource"] for s in policy_of(prod, "LandedFilesOnFileLandedRole") for action in actions_of(s)}

    assert "FileLanded" in str(held["states:StartExecution"])
    assert set() == {action for action in held if action.startswith(("s3:", "kms:", "secretsmanager:"))}
