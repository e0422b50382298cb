"""The daily batch, its functions, its schedule and its alarms."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace

import jsonata
import pytest

from infra.artifacts import LAMBDAS, ROOT
from lambdas.on_file_landed.logic import CLOCK_MARGIN
from lambdas.on_watch_due.handler import Variables
from shared.asl_tokens import OF_STEPS, Token
from shared.backfill import BACKFILL_MACHINE, BACKFILL_OUTPUT
from shared.config import Environment, load_environment
from shared.config.spark import QUEUE_MINUTES
from shared.contracts import Catalog, load_catalog
from shared.contracts.connections import landing_folders, landing_names
from shared.events import BECAME_LATE, SCHEMA_DRIFTED
from shared.jobs import Step, steps_of
from shared.metrics import TABLES_LATE
from shared.names import Machine, Names, Variable
from shared.smoke import SMOKE_MACHINE
from tests.support.asl import definition, file_of, tokens_of
from tests.support.cloud import synthesize

MACHINE = "AWS::StepFunctions::StateMachine"


def machines(cloud):
    return {machine["StateMachineName"]: machine for machine in cloud.properties(MACHINE)}


def test_machines_have_the_names_the_command_line_knows(cloud, clouds):
    env = next(name for name, known in clouds.items() if known is cloud)

    names = {Names(load_environment(env)).machine(machine) for machine in (*Machine, BACKFILL_MACHINE, SMOKE_MACHINE)}
    assert names == set(machines(cloud))


def test_every_token_is_given_and_no_other(cloud):
    given = {name: set(machine["DefinitionSubstitutions"]) for name, machine in machines(cloud).items()}

    assert {name: tokens_of(name.partition("-")[2].partition("-")[2]) for name in given} == given


def test_substitutions_are_text(cloud):
    values = [v for machine in machines(cloud).values() for v in machine["DefinitionSubstitutions"].values()]

    assert [] == [value for value in values if not isinstance(value, (str, dict))]


@pytest.mark.parametrize("output", [*(f"{machine.logical_id}Arn" for machine in Machine), BACKFILL_OUTPUT])
def test_every_machine_has_an_output_with_its_arn(prod, output):
    assert output in prod.templates[""]["Outputs"]


def test_machine_is_traced_and_logged_under_the_key_without_filling_the_resource_policy(prod):
    groups = [g for g in prod.properties("AWS::Logs::LogGroup") if "/states/" in g.get("LogGroupName", "")]

    for machine in machines(prod).values():
        assert {"Enabled": True} == machine["TracingConfiguration"]
        assert "ALL" == machine["LoggingConfiguration"]["Level"]
    assert len(machines(prod)) == len(groups)
    assert all(group["LogGroupName"].startswith("/aws/vendedlogs/states/") for group in groups)


@pytest.mark.parametrize("env", ["dev", "local", "prod"])
def test_logs_are_encrypted_and_kept_as_long_as_the_environment_says(clouds, env):
    groups = clouds[env].properties("AWS::Logs::LogGroup")

    assert {load_environment(env).log_retention_days} == {group["RetentionInDays"] for group in groups}
    assert all(group["KmsKeyId"] for group in groups)


@pytest.mark.parametrize(
    "env, machine, state, zone",
    [
        pytest.param("prod", Machine.DAILY_BATCH, "ENABLED", "Europe/Amsterdam", id="prod"),
        pytest.param("prod", Machine.SALESFORCE_INGESTION, "ENABLED", "Etc/UTC", id="prod, every hour"),
        pytest.param("prod", Machine.MAINTENANCE, "ENABLED", "Etc/UTC", id="prod, every week"),
        pytest.param("dev", Machine.DAILY_BATCH, "DISABLED", "Etc/UTC", id="dev"),
        pytest.param("local", Machine.SALESFORCE_INGESTION, "DISABLED", "Etc/UTC", id="a laptop"),
    ],
)
def test_schedule_is_in_local_time_and_identifies_its_starts(clouds, env, machine, state, zone):
    name = Names(load_environment(env)).schedule(machine)
    (schedule,) = [s for s in clouds[env].properties("AWS::Scheduler::Schedule") if s["Name"] == name]

    assert (state, zone) == (schedule["State"], schedule["ScheduleExpressionTimezone"])
    assert {"schedule": name, "scheduled_time": "<aws.scheduler.scheduled-time>"} == json.loads(
        schedule["Target"]["Input"]
    )
    assert {"DeadLetterConfig", "RetryPolicy"} <= set(schedule["Target"])


def test_a_machine_without_tables_does_not_start_by_itself(tmp_path):
    few = Catalog({"bronze.crm__accounts": load_catalog().tables["bronze.crm__accounts"]})
    states = [
        {s["Name"].rpartition("-")[2]: s["State"] for s in cloud.properties("AWS::Scheduler::Schedule")}
        for cloud in (synthesize("prod", tmp_path / str(len(c.tables)), catalog=c) for c in (few, Catalog({})))
    ]

    names = (Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION, Machine.MAINTENANCE)
    assert [
        dict(zip(names, ("ENABLED", "DISABLED", "ENABLED"), strict=True)),
        dict.fromkeys(names, "DISABLED"),
    ] == states


def test_every_way_to_fail_raises_an_alarm_that_is_sent(prod):
    alarms = prod.properties("AWS::CloudWatch::Alarm")

    assert {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ApproximateNumberOfMessagesVisible",
        "5xx",
        TABLES_LATE,
    } == {alarm["MetricName"] for alarm in alarms}
    assert all(len(alarm["AlarmActions"]) == 1 for alarm in alarms)
    assert {"notBreaching"} == {alarm["TreatMissingData"] for alarm in alarms}


def test_alarms_may_publish_to_the_encrypted_topic(prod):
    policy = prod.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [s["Principal"] for s in policy if s["Effect"] == "Allow"]

    assert [{"Service": "cloudwatch.amazonaws.com"}] == allowed
    assert prod.only("AWS::SNS::Topic")["KmsMasterKeyId"]


@pytest.mark.parametrize(
    "told, role", [(SCHEMA_DRIFTED, "SchemaDriftedRole"), (BECAME_LATE, "TablesLateToTopicRole")], ids=["drift", "late"]
)
def test_the_lakes_events_go_to_the_topic_by_a_role_that_may_do_nothing_else(prod, told, role):
    patterns = [(r.get("EventPattern", {}), r["Targets"]) for r in prod.properties("AWS::Events::Rule")]
    [(pattern, [target])] = [(p, t) for p, t in patterns if p.get("detail-type") == [told]]

    assert (["lakewright"], {"env": ["prod"]}) == (pattern["source"], pattern["detail"])
    assert "Topic" in str(target["Arn"])
    assert "AlarmsUndelivered" in str(target["DeadLetterConfig"])
    (policy,) = [p for p in prod.properties("AWS::IAM::Policy") if role in str(p["Roles"])]
    actions = {str(s["Action"]) for s in policy["PolicyDocument"]["Statement"]}
    assert {"sns:Publish", "['kms:Decrypt', 'kms:GenerateDataKey']"} == actions


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


@pytest.mark.parametrize("name", ["on_backfill_requested", "on_file_landed", "on_run_requested", "on_steps_finished"])
def test_function_runs_its_handler_on_graviton_and_is_traced(cloud, name):
    function = functions(cloud)[name]

    assert f"lambdas.{name}.handler.handler" == function["Handler"]
    assert (["arm64"], f"python{LAMBDAS.target.python}") == (function["Architectures"], function["Runtime"])
    assert {"Mode": "Active"} == function["TracingConfig"]
    assert LAMBDAS.key() in function["Code"]["S3Key"]


def test_each_step_is_given_its_role_and_the_workers_that_the_environments_file_says(fullest):
    """In it, build has one executor and all other steps two."""
    runs_steps = {name: [m for m in Machine if name.endswith(m)] for name in machines(fullest)}
    for name, machine in ((n, m) for n, m in machines(fullest).items() if runs_steps[n]):
        steps = steps_of(*runs_steps[name])
        given = machine["DefinitionSubstitutions"]
        executors = {s: re.findall(r"maxExecutors=(\d+)", json.dumps(given[OF_STEPS[s].submit])) for s in steps}
        roles = {
            s: re.findall(r"OutputsLakewrightCompute(\w+?)Role[0-9A-F]{8}Arn", json.dumps(given[OF_STEPS[s].role]))
            for s in steps
        }

        assert {step: ["1" if step is Step.BUILD else "2"] for step in steps} == executors
        assert {step: [step.title()] for step in steps} == roles


@pytest.mark.parametrize("machine", [*Machine, BACKFILL_MACHINE, SMOKE_MACHINE])
def test_timeouts_lie_within_timeouts(prod, machine):
    """What a task waits for times out before the task does: a function, a job run that waits for capacity."""
    minutes = str(load_environment("prod").spark.job_timeout_minutes)
    states = definition(file_of(machine), {Token.JOB_TIMEOUT_MINUTES.value: minutes})["States"].values()
    tasks = [(s["Arguments"], seconds(s["TimeoutSeconds"])) for s in states if s["Type"] == "Task"]
    timeouts = {name: function["Timeout"] for name, function in functions(prod).items()}
    calls = [
        (timeouts[a["FunctionName"][2:].removesuffix("_arn}")], outer) for a, outer in tasks if "FunctionName" in a
    ]
    jobs = [
        (60 * (QUEUE_MINUTES + seconds(a["ExecutionTimeoutMinutes"])), outer)
        for a, outer in tasks
        if "ApplicationId" in a
    ]

    assert len(tasks) == len(calls) + len(jobs) > 0
    assert [] == [(inner, outer) for inner, outer in [*calls, *jobs] if inner >= outer]


def test_the_backfill_waits_longer_for_a_window_than_its_run_can_take(prod):
    """Every task of the run may be tried as often as its last retry rule says, which is the one for failures."""
    minutes = str(load_environment("prod").spark.job_timeout_minutes)
    given = {Token.JOB_TIMEOUT_MINUTES.value: minutes}
    inside = definition(file_of(BACKFILL_MACHINE), given)["States"]["Take one window after the other"]
    waited = seconds(inside["ItemProcessor"]["States"]["Run the window"]["TimeoutSeconds"])

    for machine in (Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION):
        states = definition(file_of(machine), given)["States"].values()
        tasks = [(seconds(s["TimeoutSeconds"]), 1 + s["Retry"][-1]["MaxAttempts"]) for s in states if "Retry" in s]
        assert waited > sum(longest * tries for longest, tries in tasks) > 0


def seconds(value):
    return jsonata.Jsonata(value[2:-2]).evaluate(None) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "name, model",
    [
        pytest.param("on_file_landed", "lambdas.on_file_landed.handler", id="on_file_landed"),
        pytest.param("on_run_requested", "lambdas.on_run_requested.handler", id="on_run_requested"),
        pytest.param("on_steps_finished", "lambdas.on_steps_finished.handler", id="on_steps_finished"),
        pytest.param("on_job_run_ended", "lambdas.on_job_run_ended.handler", id="on_job_run_ended"),
    ],
)
def test_function_is_given_the_variables_it_reads(cloud, name, model):
    from importlib import import_module

    wanted = {field.alias for field in import_module(model).Variables.model_fields.values()}

    assert wanted <= set(functions(cloud)[name]["Environment"]["Variables"])
    assert wanted <= {variable.value for variable in Variable}


def test_a_file_that_a_contract_wants_waits_in_a_queue_for_the_function_or_is_kept(prod):
    [rule] = [r for r in prod.properties("AWS::Events::Rule") if r.get("EventPattern", {}).get("source") == ["aws.s3"]]
    [target] = rule["Targets"]
    [reading] = prod.properties("AWS::Lambda::EventSourceMapping")
    [queue] = [q for q in prod.properties("AWS::SQS::Queue") if "RedrivePolicy" in q]

    assert {"source": ["aws.s3"], "detail-type": ["Object Created"]} == {
        key: rule["EventPattern"][key] for key in ("source", "detail-type")
    }
    wanted = [{"wildcard": name} for name in landing_names(load_catalog())]
    assert {"wildcard": "crm/accounts/*.csv"} in wanted
    assert {"key": wanted} == rule["EventPattern"]["detail"]["object"]
    assert 10 == target["RetryPolicy"]["MaximumRetryAttempts"]
    assert target["Arn"] == reading["EventSourceArn"]
    assert target["DeadLetterConfig"]["Arn"] == queue["RedrivePolicy"]["deadLetterTargetArn"]
    assert "Undelivered" in str(target["DeadLetterConfig"])
    assert ["ReportBatchItemFailures"] == reading["FunctionResponseTypes"]


def test_a_landed_file_is_handed_to_the_function_again_until_a_run_of_hours_is_over(prod):
    [queue] = [q for q in prod.properties("AWS::SQS::Queue") if "RedrivePolicy" in q]
    [reading] = prod.properties("AWS::Lambda::EventSourceMapping")
    function = functions(prod)["on_file_landed"]

    assert 4 * 3600 == queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    # Source: AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping".
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + reading["MaximumBatchingWindowInSeconds"]
    # A call waits with its files longer than the clocks of S3 and Step Functions may differ.
    assert timedelta(seconds=queue["DelaySeconds"]) > CLOCK_MARGIN


@pytest.mark.parametrize(
    "env, asked",
    [
        pytest.param("prod", ["DailyBatch", "SalesforceIngestion"], id="runs by itself"),
        pytest.param("dev", None, id="runs when told"),
    ],
)
def test_freshness_is_checked_if_scheduled_machines_bring_tables_up_to_date(clouds, env, asked):
    cloud = clouds[env]
    due = [r for r in cloud.properties("AWS::Events::Rule") if "ScheduleExpression" in r]
    alarms = [a for a in cloud.properties("AWS::CloudWatch::Alarm") if a.get("MetricName") == TABLES_LATE]
    if asked is None:
        assert ([], []) == (due, alarms)
        return

    assert ["rate(15 minutes)"] == [rule["ScheduleExpression"] for rule in due]
    assert "DeadLetterConfig" in due[0]["Targets"][0]
    [alarm] = alarms
    assert [{"Name": "environment", "Value": env}] == alarm["Dimensions"]
    assert ("Maximum", 3600, 1) == (alarm["Statistic"], alarm["Period"], alarm["Threshold"])
    assert alarm["AlarmActions"]
    wanted = {field.alias for field in Variables.model_fields.values()}
    watch = functions(cloud)["on_watch_due"]
    assert wanted <= set(watch["Environment"]["Variables"])
    assert "daily_batch,salesforce_ingestion" == watch["Environment"]["Variables"][Variable.SCHEDULED_MACHINES]
    # Up to hundreds of pages a check, at about 0.1 s each; one check ends before the next begins.
    assert 100 < watch["Timeout"] < 15 * 60
    assert 1024 <= watch["MemorySize"]
    assert asked == listed(cloud)


def listed(cloud):
    """The machines whose executions the freshness check may list."""
    [policy] = [p for p in cloud.properties("AWS::IAM::Policy") if "OnWatchDueRole" in str(p["Roles"])]
    [listing] = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "states:ListExecutions"]
    return sorted(re.findall(r"'(\w+?)Machine[0-9A-F]{8}'", str(listing["Resource"])))


def test_a_machine_whose_schedule_is_off_promises_nothing_and_its_runs_count_for_freshness(tmp_path):
    off = load_environment("prod").model_dump() | {"salesforce_ingestion": {"enabled": False}}
    cloud = synthesize("prod", tmp_path, environment=Environment.model_validate(off), catalog=Catalog({}))
    variables = functions(cloud)["on_watch_due"]["Environment"]["Variables"]

    assert "daily_batch" == variables[Variable.SCHEDULED_MACHINES]
    assert ["DailyBatch", "SalesforceIngestion"] == listed(cloud)


def test_end_of_every_job_run_of_the_batch_is_handed_on(prod):
    (rule,) = [r for r in prod.properties("AWS::Events::Rule") if "emr-serverless" in json.dumps(r.get("EventPattern"))]
    event = json.loads((ROOT / "tests" / "events" / "emr_serverless_job_run_ended.json").read_text())
    pattern = rule["EventPattern"]

    assert event["source"] in pattern["source"]
    assert event["detail-type"] in pattern["detail-type"]
    assert {"SUCCESS", "FAILED", "CANCELLED"} == set(pattern["detail"]["state"])
    assert set(pattern["detail"]) <= set(event["detail"])
    assert "DeadLetterConfig" in rule["Targets"][0]


@pytest.mark.parametrize(
    "location, folder, name",
    [
        pytest.param("s3://landing/crm/accounts/*.csv", "crm/", "crm/accounts/*.csv", id="a folder"),
        pytest.param("s3://landing/c?m/*.csv", "", "c*.csv", id="a wildcard in the folder"),
        pytest.param("s3://landing/**/a.csv", "", "*a.csv", id="anywhere"),
        pytest.param("s3://landing/crm/*/a.csv", "crm/", "crm/*/a.csv", id="a folder below"),
        pytest.param("s3://landing/rates.zip", "rates.zip", "rates.zip", id="one file"),
    ],
)
def test_contracts_say_which_folders_are_watched_for_what(location, folder, name):
    tables = [SimpleNamespace(source=SimpleNamespace(location=where)) for where in (location, "s3://other/x.csv", None)]
    catalog = SimpleNamespace(tables=dict(enumerate(tables)))

    assert [folder] == landing_folders(catalog)
    assert [name] == landing_names(catalog)
