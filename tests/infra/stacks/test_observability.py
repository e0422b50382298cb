"""CloudWatch accepts the dashboard, and it shows every machine and every step."""

import json

import pytest

from scripts.local.clients import ACCOUNT, REGION
from shared.backfill import BACKFILL_MACHINE
from shared.jobs import RUN_STEPS
from shared.names import Machine

# Source: CloudWatch quotas: 500 widgets and 2,500 metrics a dashboard, 500 metrics a graph; far longer bodies
# than this are known to be accepted.
BODY_LIMIT, METRICS_LIMIT, METRICS_OF_A_GRAPH = 30_000, 2_500, 500
FILLED_IN = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}


@pytest.fixture(scope="module")
def body(clouds):
    text = clouds["prod"].only("AWS::CloudWatch::Dashboard")["DashboardBody"]
    parts = text["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else FILLED_IN[part["Ref"]] for part in parts)


def test_body_is_within_the_limits(body):
    graphs = [len(widget["properties"]["metrics"]) for widget in json.loads(body)["widgets"]]

    assert BODY_LIMIT >= len(body)
    assert METRICS_LIMIT >= sum(graphs)
    assert METRICS_OF_A_GRAPH >= max(graphs)


def test_widgets_do_not_lie_on_each_other(body):
    cells = [
        (x, y)
        for w in json.loads(body)["widgets"]
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]

    assert len(cells) == len(set(cells))
    assert 24 > max(x for x, _ in cells)


def test_every_machine_and_every_step_is_shown(body):
    assert [] == [machine for machine in (*Machine, BACKFILL_MACHINE) if f"lakewright-prod-{machine}" not in body]
    assert [] == [step for step in RUN_STEPS if f"{step}_tables_failed" not in body]


def test_job_runs_are_searched_for_by_the_applications_name_and_executions_have_their_time(body):
    graphs = {w["properties"]["title"]: w["properties"]["metrics"] for w in json.loads(body)["widgets"]}
    searched = 'SUM(SEARCH(\'Namespace="AWS/EMRServerless" MetricName="{}" ApplicationName="lakewright-prod-batch"\''
    of_emr = {
        "Job runs": ["SuccessJobs", "FailedJobs", "RunningJobs"],
        "vCPUs allocated, and the cap": ["CPUAllocated", "MaxCPUAllowed"],
    }

    for title, names in of_emr.items():
        found = [metric["expression"].partition(",")[0] for [metric] in graphs[title]]
        assert [searched.format(name) for name in names] == found
    durations = graphs["How long executions took, milliseconds"]
    assert {("AWS/States", "ExecutionTime")} == {tuple(metric[:2]) for metric in durations}
    assert len((*Machine, BACKFILL_MACHINE)) == len(durations)


def test_laptop_has_none(clouds):
    assert {} == clouds["local"].of_type("AWS::CloudWatch::Dashboard")
