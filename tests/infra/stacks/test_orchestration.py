"""The daily batch, its functions, its schedule and its alarms."""

import json

import pytest

from infra.artifacts import LAMBDAS
from shared.config import load_environment
from shared.names import Machine, Names, Token, Variable

MACHINE = "AWS::StepFunctions::StateMachine"


def test_machine_has_the_name_the_command_line_knows(cloud, clouds):
    env = next(name for name, known in clouds.items() if known is cloud)

    assert Names(load_environment(env)).machine(Machine.DAILY_BATCH) == cloud.only(MACHINE)["StateMachineName"]


def test_every_token_is_given_and_no_other(cloud):
    assert {token.value for token in Token} == set(cloud.only(MACHINE)["DefinitionSubstitutions"])


def test_substitutions_are_text(cloud):
    values = cloud.only(MACHINE)["DefinitionSubstitutions"].values()

    assert [] == [value for value in values if not isinstance(value, (str, dict))]


def test_machine_is_traced_and_logged_under_the_key_without_filling_the_resource_policy(prod):
    (group,) = [g for g in prod.properties("AWS::Logs::LogGroup") if "LogGroupName" in g]

    assert {"Enabled": True} == prod.only(MACHINE)["TracingConfiguration"]
    assert "ALL" == prod.only(MACHINE)["LoggingConfiguration"]["Level"]
    assert group["LogGroupName"].startswith("/aws/vendedlogs/states/")


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_logs_are_encrypted_and_kept_as_long_as_the_environment_says(clouds, env):
    groups = clouds[env].properties("AWS::Logs::LogGroup")

    assert {load_environment(env).log_retention_days} == {group["RetentionInDays"] for group in groups}
    assert all(group["KmsKeyId"] for group in groups)


@pytest.mark.parametrize(
    "env, state, zone",
    [
        pytest.param("prod", "ENABLED", "Europe/Amsterdam", id="prod"),
        pytest.param("dev", "DISABLED", "Etc/UTC", id="dev"),
        pytest.param("local", "DISABLED", "Etc/UTC", id="a laptop"),
    ],
)
def test_schedule_is_in_local_time_and_tells_its_starts_apart(clouds, env, state, zone):
    schedule = clouds[env].only("AWS::Scheduler::Schedule")

    assert (state, zone) == (schedule["State"], schedule["ScheduleExpressionTimezone"])
    assert {
        "schedule": Names(load_environment(env)).schedule(Machine.DAILY_BATCH),
        "scheduled_time": "<aws.scheduler.scheduled-time>",
    } == json.loads(schedule["Target"]["Input"])
    assert {"DeadLetterConfig", "RetryPolicy"} <= set(schedule["Target"])


def test_every_way_to_fail_is_an_alarm_that_is_sent(prod):
    alarms = prod.properties("AWS::CloudWatch::Alarm")

    assert {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ApproximateNumberOfMessagesVisible",
    } == {alarm["MetricName"] for alarm in alarms}
    assert all(len(alarm["AlarmActions"]) == 1 for alarm in alarms)
    assert {"notBreaching"} == {alarm["TreatMissingData"] for alarm in alarms}


def test_alarms_may_publish_to_the_encrypted_topic(prod):
    policy = prod.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [s["Principal"] for s in policy if s["Effect"] == "Allow"]

    assert [{"Service": "cloudwatch.amazonaws.com"}] == allowed
    assert prod.only("AWS::SNS::Topic")["KmsMasterKeyId"]


def test_nobody_is_mailed_without_an_address(cloud):
    assert {} == cloud.of_type("AWS::SNS::Subscription")


def test_address_of_the_environment_is_mailed():
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template

    from infra.constructs.alarms import Alarms
    from infra.constructs.lake_key import LakeKey

    stack = Stack(App(), "S")
    Alarms(stack, "Alarms", key=LakeKey(stack, "Key", environment=load_environment("prod")), email="oncall@example.com")

    Template.from_stack(stack).has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "oncall@example.com"}
    )


def functions(cloud):
    return {f["Handler"].split(".")[1]: f for f in cloud.properties("AWS::Lambda::Function")}


@pytest.mark.parametrize("name", ["on_run_requested", "on_steps_finished"])
def test_function_runs_its_handler_on_graviton_and_is_traced(cloud, name):
    function = functions(cloud)[name]

    assert f"lambdas.{name}.handler.handler" == function["Handler"]
    assert (["arm64"], f"python{LAMBDAS.target.python}") == (function["Architectures"], function["Runtime"])
    assert {"Mode": "Active"} == function["TracingConfig"]
    assert LAMBDAS.key() in function["Code"]["S3Key"]


@pytest.mark.parametrize(
    "name, model",
    [
        pytest.param("on_run_requested", "lambdas.on_run_requested.handler", id="on_run_requested"),
        pytest.param("on_steps_finished", "lambdas.on_steps_finished.handler", id="on_steps_finished"),
    ],
)
def test_function_is_given_the_variables_it_reads(cloud, name, model):
    from importlib import import_module

    wanted = {field.alias for field in import_module(model).Variables.model_fields.values()}

    assert wanted <= set(functions(cloud)[name]["Environment"]["Variables"])
    assert wanted <= {variable.value for variable in Variable}
