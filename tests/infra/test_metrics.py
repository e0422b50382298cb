"""Every metric that an alarm or the dashboard names is one that somebody counts."""

import json
import re

import pytest

from shared.events import StepsFinished
from shared.jobs import Step
from shared.metrics import ENVIRONMENT, NAMESPACE, TABLES_LATE, tables_failed
from tests.support.asl import definition, files

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


def named(cloud):
    """The metrics of alarms and dashboards, as (namespace, name)."""
    for alarm in cloud.properties("AWS::CloudWatch::Alarm"):
        metrics = [alarm, *(m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m)]
        yield from ((m["Namespace"], m["MetricName"]) for m in metrics if "MetricName" in m)
    for widget in (w for dashboard in cloud.properties("AWS::CloudWatch::Dashboard") for w in widgets(dashboard)):
        for metric in widget["properties"]["metrics"]:
            yield from SEARCHED.findall(metric[0]["expression"]) if isinstance(metric[0], dict) else [tuple(metric[:2])]


def widgets(dashboard):
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else "x" for part in parts))["widgets"]


def judged(state):
    """The steps that a state has judged, and so counted."""
    payload = state.get("Arguments", {}).get("Payload", {})
    return payload.get("steps", []) if set(payload) <= set(StepsFinished.model_fields) else []


def counted():
    steps = {Step(s) for file in files() for state in definition(file)["States"].values() for s in judged(state)}
    return {tables_failed(step) for step in steps}


def looked_at(cloud):
    """What the function of the watch counts, where there is one."""
    handlers = {function.get("Handler") for function in cloud.properties("AWS::Lambda::Function")}
    return {TABLES_LATE} if "lambdas.on_watch_due.handler.handler" in handlers else set()


def test_ours_are_counted_by_the_functions_that_judge_steps_and_look_after_the_lake(cloud):
    ours = {name for namespace, name in named(cloud) if namespace == NAMESPACE}

    assert set() == ours - counted() - looked_at(cloud)


def test_dashboard_shows_all_that_are_counted_by_the_dimension_they_have(prod):
    ours = [
        metric
        for dashboard in prod.properties("AWS::CloudWatch::Dashboard")
        for widget in widgets(dashboard)
        for metric in widget["properties"]["metrics"]
        if metric[0] == NAMESPACE
    ]

    assert counted() | {TABLES_LATE} == {metric[1] for metric in ours}
    assert {(ENVIRONMENT, "prod")} == {(metric[2], metric[3]) for metric in ours}


@pytest.mark.parametrize("namespace", OF_AWS)
def test_others_are_metrics_of_aws(cloud, namespace):
    found = set(named(cloud))

    assert {NAMESPACE, *OF_AWS} >= {space for space, _ in found}
    assert set() == {name for space, name in found if space == namespace} - OF_AWS[namespace]
