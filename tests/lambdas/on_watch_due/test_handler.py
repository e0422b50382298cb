"""A freshness check counts late tables, and announces those that became late since the last one."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID

from lambdas.on_watch_due.handler import handler
from shared.errors import TerminalError
from shared.jobs import Colour, Status, Step, TableOutcome
from shared.ledger import FreshnessPromise, RunRecord
from shared.names import Machine, Variable, run_location

REGION = "eu-west-1"
WAITS = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
NOW = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)
HOURLY, DAILY, BOTH = "silver.tasks", "gold.totals", "silver.deals"
PROMISES = (
    FreshnessPromise(
        table=HOURLY, seconds=2 * 3600, upstream=("bronze.crm__tasks",), machines=(Machine.SALESFORCE_INGESTION,)
    ),
    FreshnessPromise(
        table=DAILY, seconds=26 * 3600, upstream=("bronze.shop__orders",), machines=(Machine.DAILY_BATCH,)
    ),
)
OF_BOTH = FreshnessPromise(
    table=BOTH,
    seconds=26 * 3600,
    upstream=("bronze.crm__tasks", "bronze.shop__orders"),
    machines=(Machine.DAILY_BATCH, Machine.SALESFORCE_INGESTION),
)
OF_HOURLY = (("bronze.crm__tasks", Step.INGEST), (HOURLY, Step.REFINE))
OF_DAILY = (("bronze.shop__orders", Step.INGEST), (DAILY, Step.BUILD))


@pytest.fixture
def lake(aws, monkeypatch):
    """A bucket, two machines, and a bus whose events are kept; gives a function that leaves an earlier run."""
    boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    states = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/machine"
    arns = {
        name: states.create_state_machine(name=name, definition=json.dumps(WAITS), roleArn=role)["stateMachineArn"]
        for name in ("daily", "hourly")
    }
    queue = boto3.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    bus = boto3.client("events")
    bus.put_rule(Name="ours", EventPattern=json.dumps({"source": ["lakewright"], "detail-type": ["Tables Late"]}))
    bus.put_targets(Rule="ours", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:told"}])
    monkeypatch.setenv(Variable.ENV, "prod")
    monkeypatch.setenv(Variable.LAKE_ROOT, "s3://lake")
    monkeypatch.setenv(Variable.MACHINE_ARNS, ",".join(arns.values()))
    monkeypatch.setenv(Variable.SCHEDULED_MACHINES, "daily_batch,salesforce_ingestion")
    began = {}
    monkeypatch.setattr(boto3, "client", partial(client, boto3.client, began))

    def ran(machine, ended, *made, promises=PROMISES, page=True):
        """A run of half an hour; without a page, one that has not ended."""
        name = f"{machine}-{len(began)}"
        execution = states.start_execution(stateMachineArn=arns[machine], name=name)["executionArn"]
        moment = datetime.fromisoformat(ended).replace(tzinfo=UTC)
        began[execution] = moment - timedelta(minutes=30)
        record = RunRecord(
            run_id=name,
            env="prod",
            business_date=date(2026, 11, 24),
            colour=Colour.GREEN,
            finished_at=moment.isoformat(),
            outcomes=tuple(TableOutcome(table=t, step=s, status=Status.UNCHANGED) for t, s in made),
            versions=(),
            promises=promises,
        )
        if page:
            key = run_location("s3://lake", name).removeprefix("s3://lake/")
            boto3.client("s3").put_object(Bucket="lake", Key=key, Body=record.model_dump_json().encode())

    yield ran, lambda: boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for execution in began:
        states.stop_execution(executionArn=execution)


def client(made_by, began, service):
    """A client of a service whose executions began when the test says, in the order of Step Functions."""

    def redate(parsed, **_):
        for execution in parsed["executions"]:
            execution["startDate"] = began[execution["executionArn"]]
        parsed["executions"].sort(key=lambda execution: execution["startDate"], reverse=True)

    made = made_by(service)
    if service == "stepfunctions":
        made.meta.events.register("after-call.sfn.ListExecutions", redate)
    return made


def due(now=NOW):
    """EventBridge's event of a schedule, as its user guide shows it."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": now.isoformat().replace("+00:00", "Z"),
        "region": REGION,
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/due"],
        "detail": {},
    }


def counted(capsys):
    [line] = [line for line in capsys.readouterr().out.splitlines() if "tables_late" in line]
    found = json.loads(line)
    return found["environment"], found["tables_late"]


def told(messages):
    return [json.loads(m["Body"])["detail"] for m in messages]


def test_nothing_is_late_while_runs_keep_their_promises(lake, context, capsys):
    ran, messages = lake
    ran("daily", "2026-11-24 05:00", *OF_DAILY)
    ran("hourly", "2026-11-24 11:00", *OF_HOURLY)
    ran("hourly", "2026-11-24 12:30", page=False)

    assert [] == handler(due(), context)
    assert ("prod", [0.0]) == counted(capsys)
    assert [] == messages()


def test_a_table_that_became_late_is_counted_at_each_check_and_announced_once(lake, context, capsys):
    ran, messages = lake
    ran("daily", "2026-11-24 05:00", *OF_DAILY)
    ran("hourly", "2026-11-24 08:00", *OF_HOURLY)
    ran("hourly", "2026-11-24 10:00", *OF_HOURLY)
    late = {"table": HOURLY, "promised_seconds": 7200, "as_of": "2026-11-24T10:00:00Z"}

    assert [late] == handler(due(), context)
    assert ("prod", [1.0]) == counted(capsys)
    assert [{"env": "prod", "tables": [late]}] == told(messages())
    assert [late] == handler(due(NOW + timedelta(hours=1)), context)
    assert ("prod", [1.0]) == counted(capsys)
    assert [] == messages()


def test_a_table_that_is_late_when_first_promised_is_announced_once(lake, context):
    ran, messages = lake
    ran("daily", "2026-11-23 05:00", *OF_DAILY, promises=PROMISES[1:])
    ran("daily", "2026-11-24 12:00", *OF_DAILY)
    late = {"table": HOURLY, "promised_seconds": 7200, "as_of": None}

    assert [late] == handler(due(), context)
    assert [{"env": "prod", "tables": [late]}] == told(messages())
    ran("daily", "2026-11-24 12:30", *OF_DAILY)
    assert [late] == handler(due(NOW + timedelta(minutes=30)), context)
    assert [] == messages()


def test_a_table_that_became_late_before_a_late_check_is_announced(lake, context):
    ran, messages = lake
    ran("daily", "2026-11-24 05:00", *OF_DAILY)
    ran("hourly", "2026-11-24 10:05:30", *OF_HOURLY)

    assert [] == handler(due(), context)
    assert [HOURLY] == [t["table"] for t in handler(due(NOW + timedelta(minutes=16)), context)]
    assert [[HOURLY]] == [[t["table"] for t in message["tables"]] for message in told(messages())]


def test_pages_are_read_back_as_far_as_the_longest_promise_reaches_and_no_further(lake, context):
    ran, _ = lake
    ran("daily", "2026-11-18 05:00", *OF_DAILY)
    # It began before 10:05, the time that the promise of 26 hours looks back to.
    ran("daily", "2026-11-23 10:20", *OF_DAILY)
    ran("hourly", "2026-11-23 12:00", *OF_HOURLY)
    for hour in range(5, 13):
        ran("hourly", f"2026-11-24 {hour:02}:00")

    assert [(HOURLY, "2026-11-23T12:00:00Z")] == [(t["table"], t["as_of"]) for t in handler(due(), context)]
    late = handler(due(NOW + timedelta(days=4)), context)
    assert [(HOURLY, None), (DAILY, None)] == [(t["table"], t["as_of"]) for t in late]


def test_the_newest_run_says_what_is_promised(lake, context):
    ran, _ = lake
    ran("daily", "2026-11-23 05:00", *OF_DAILY)
    ran("daily", "2026-11-24 05:00", promises=PROMISES[1:])

    assert [DAILY] == [t["table"] for t in handler(due(), context)]


@pytest.mark.parametrize(
    "scheduled, late",
    [
        pytest.param("daily_batch", [DAILY], id="the daily batch alone"),
        pytest.param("salesforce_ingestion", [HOURLY], id="the hourly machine alone"),
        pytest.param("daily_batch,salesforce_ingestion", [HOURLY, DAILY, BOTH], id="both"),
    ],
)
def test_a_table_is_late_only_if_all_machines_that_it_needs_are_scheduled(lake, context, monkeypatch, scheduled, late):
    """Runs that were started by hand count, whatever machine they are of."""
    ran, _ = lake
    monkeypatch.setenv(Variable.SCHEDULED_MACHINES, scheduled)
    everything = (*OF_DAILY, *OF_HOURLY, (BOTH, Step.BUILD))
    ran("daily", "2026-11-22 05:00", *everything, promises=(*PROMISES, OF_BOTH))
    assert late == [t["table"] for t in handler(due(), context)]

    ran("hourly", "2026-11-24 11:00", *everything, promises=(*PROMISES, OF_BOTH))
    assert [] == handler(due(), context)


def test_a_lake_that_never_ran_promises_nothing(lake, context, capsys):
    assert [] == handler(due(), context)
    assert ("prod", [0.0]) == counted(capsys)


def test_an_event_without_a_time_is_refused(lake, context):
    with pytest.raises(TerminalError, match="the event is wrong at time"):
        handler({}, context)
