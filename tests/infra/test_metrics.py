"""Every metric that an alarm or the dashboard names is one that is counted."""

import json
import re
import runpy
from collections import Counter
from importlib import import_module
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from scripts.setup import paths
from shared.events import StepsFinished
from shared.jobs import Colour, Step, steps_of
from shared.metrics import NAMESPACE, tables_failed
from shared.names import Machine, Variable, summary_location
from shared.summaries import StepSummary
from tests.support.asl import definition, file_of

# Sources: the AWS guides' pages on metrics of HTTP APIs, Step Functions, SQS and EMR Serverless, as far as named.
OF_AWS = {
    "AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency", "IntegrationLatency", "DataProcessed"},
    "AWS/States": {
        *("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"),
        *("ExecutionsStarted", "ExecutionThrottled", "ExecutionTime"),
    },
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/EMRServerless": {
        *("SubmittedJobs", "PendingJobs", "ScheduledJobs", "RunningJobs", "SuccessJobs", "FailedJobs"),
        *("CancellingJobs", "CancelledJobs", "CPUAllocated", "MemoryAllocated", "StorageAllocated"),
        *("MaxCPUAllowed", "MaxMemoryAllowed", "MaxStorageAllowed", "RunningWorkerCount", "TotalWorkerCount"),
    },
}
SEARCHED = re.compile(r'Namespace="([^"]+)" MetricName="([^"]+)"')


CONTEXT = SimpleNamespace(
    function_name="function", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="request"
)
RUN, ATTEMPT = "r", "a"


def named(cloud):
    """The metrics of alarms and dashboards, as (namespace, name, dimensions); searches have no dimensions."""
    for alarm in cloud.properties("AWS::CloudWatch::Alarm"):
        metrics = [alarm, *(m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m)]
        for metric in (m for m in metrics if "MetricName" in m):
            dimensions = {d["Name"]: json.dumps(d["Value"]).strip('"') for d in metric.get("Dimensions", [])}
            yield metric["Namespace"], metric["MetricName"], frozenset(dimensions.items())
    for widget in (w for dashboard in cloud.properties("AWS::CloudWatch::Dashboard") for w in widgets(dashboard)):
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                yield from ((*found, frozenset()) for found in SEARCHED.findall(metric[0]["expression"]))
            else:
                namespace, name, *dimensions = (part for part in metric if isinstance(part, str))
                yield namespace, name, frozenset(zip(dimensions[::2], dimensions[1::2], strict=True))


def widgets(dashboard):
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else "x" for part in parts))["widgets"]


def judged(machine):
    """The steps that each state of a machine has the function judge."""
    states = definition(file_of(machine))["States"].values()
    payloads = [state.get("Arguments", {}).get("Payload", {}) for state in states]
    return [p["steps"] for p in payloads if "steps" in p and set(p) <= set(StepsFinished.model_fields)]


@pytest.fixture
def deployed(monkeypatch, tmp_path, capsys):
    """Gives a cloud's function, as (event) -> what it counted: each metric once for each set of its dimensions."""
    leave_summaries(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    def deploy(cloud, name, machine=""):
        [made] = [f for f in cloud.properties("AWS::Lambda::Function") if f["Handler"].split(".")[1] == name]
        # A reference to another resource takes that resource's place here.
        here = {Variable.LAKE_ROOT: str(tmp_path), Variable.MACHINE_ARNS: machine}
        for variable, value in made["Environment"]["Variables"].items():
            monkeypatch.setenv(variable, here.get(variable, value))
        # The function reads its variables when it is imported.
        count = runpy.run_path(str(paths.ROOT / "lambdas" / "observability.py"))["count"]
        module = import_module(f"lambdas.{name}.handler")
        monkeypatch.setattr(module, "count", count)

        def call(event):
            module.handler(event, CONTEXT)
            return [metric for line in capsys.readouterr().out.splitlines() for metric in embedded(json.loads(line))]

        return call

    return deploy


def leave_summaries(root):
    for step in Step:
        file = root / summary_location("", RUN, step, ATTEMPT).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        summary = StepSummary(run_id=RUN, step=step, attempt=ATTEMPT, colour=Colour.GREEN, tables={})
        file.write_text(summary.model_dump_json())


def embedded(line):
    """The metrics that CloudWatch takes from a line of a log. Source: its user guide, "Embedded metric format"."""
    for told in line["_aws"]["CloudWatchMetrics"]:
        for dimensions in told["Dimensions"]:
            found = frozenset((name, line[name]) for name in dimensions)
            yield from ((told["Namespace"], metric["Name"], found) for metric in told["Metrics"])


def test_own_metrics_are_counted_once_per_run_with_exactly_the_dimensions_of_alarms(cloud, deployed):
    """CloudWatch finds nothing where one dimension is missing, or there is one more."""
    judge = deployed(cloud, "on_steps_finished")
    counted = []
    for machine in Machine:
        events = [finished(steps) for steps in judged(machine)]
        of_run = Counter(metric for event in events for metric in judge(event))

        assert dict.fromkeys(map(tables_failed, steps_of(machine)), 1) == {n: of_run[s, n, d] for s, n, d in of_run}
        counted += of_run
    if any(f["Handler"] == "lambdas.on_watch_due.handler.handler" for f in cloud.properties("AWS::Lambda::Function")):
        counted += look(cloud, deployed)
    asked = {metric for metric in named(cloud) if metric[0] == NAMESPACE}

    assert set() == asked - set(counted)
    assert not asked or set() == set(counted) - asked


def finished(steps):
    return {"run_id": RUN, "steps": steps, "attempts": dict.fromkeys(steps, ATTEMPT), "crashes": []}


def look(cloud, deployed):
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    with mock_aws():
        machine = boto3.client("stepfunctions").create_state_machine(
            name="daily", definition=json.dumps(waits), roleArn="arn:aws:iam::123456789012:role/machine"
        )
        watch = deployed(cloud, "on_watch_due", machine["stateMachineArn"])
        return watch({"time": "2026-11-24T12:05:00Z"})


@pytest.mark.parametrize("namespace", OF_AWS)
def test_others_are_metrics_of_aws(cloud, namespace):
    found = set(named(cloud))

    assert {NAMESPACE, *OF_AWS} >= {space for space, _, _ in found}
    assert set() == {name for space, name, _ in found if space == namespace} - OF_AWS[namespace]
