"""Once a job run ends, what it is billed for is written beside the files that it left."""

import copy
import json
from datetime import date
from pathlib import Path

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.emrserverless.models import emrserverless_backends

from lambdas.events import SENT_BY_AWS
from lambdas.on_job_run_ended.handler import handler
from lambdas.on_job_run_ended.logic import usage_of
from shared.errors import TerminalError
from shared.jobs import Job, Step
from shared.names import Variable
from shared.usage import JobRunUsage, usage_location

EVENT = json.loads((Path(__file__).parents[2] / "events" / "emr_serverless_job_run_ended.json").read_text())
JOB = Job(
    env="prod",
    step=Step.REFINE,
    run_id="daily-batch-1",
    attempt="a1",
    business_date=date(2026, 11, 24),
    lake_root="s3://lake",
    pii_root="s3://pii",
    landing_root="s3://landing",
)
BILL = {"vCPUHour": 1.5, "memoryGBHour": 6.25, "storageGBHour": 0.5}
USAGE = {
    "env": "prod",
    "run_id": "daily-batch-1",
    "step": "refine",
    "attempt": "a1",
    "state": "SUCCESS",
    "is_billed": True,
    "vcpu_hours": 1.5,
    "memory_gb_hours": 6.25,
    "storage_gb_hours": 0.5,
}


@pytest.fixture
def ended(aws, monkeypatch):
    """A lake, and a function that runs a job and gives the event of its end."""
    boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    monkeypatch.setenv(Variable.LAKE_ROOT, "s3://lake")
    emr = boto3.client("emr-serverless")
    application = emr.create_application(releaseLabel="emr-7.10.0", type="SPARK", clientToken="t")["applicationId"]

    def end(*arguments):
        driver = {"sparkSubmit": {"entryPoint": "s3://code/main.py", "entryPointArguments": list(arguments)}}
        role = "arn:aws:iam::123456789012:role/job"
        started = emr.start_job_run(applicationId=application, clientToken="c", executionRoleArn=role, jobDriver=driver)
        run = emrserverless_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].get_job_run(application, started["jobRunId"])
        run.state, run.billed_resource_utilization = "SUCCESS", BILL
        event = copy.deepcopy(EVENT)
        event["detail"] |= {"applicationId": application, "jobRunId": started["jobRunId"]}
        return event

    return end


def left():
    listed = boto3.client("s3").list_objects_v2(Bucket="lake").get("Contents", [])
    return {f"s3://lake/{found['Key']}" for found in listed}


def test_what_is_billed_is_left_beside_the_outcomes(ended, context):
    event = ended("--job", JOB.model_dump_json())

    answers = [handler(event, context) for _ in range(2)]

    place = usage_location("s3://lake", "daily-batch-1", Step.REFINE, "a1")
    written = boto3.client("s3").get_object(Bucket="lake", Key=place.removeprefix("s3://lake/"))["Body"].read()
    assert {place} == left()
    assert USAGE | {"job_run_id": event["detail"]["jobRunId"]} == json.loads(written)
    assert [json.loads(written)] * 2 == answers


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no arguments"),
        pytest.param(["--job"], id="no job"),
        pytest.param(["--job", '{"step": "refine"}'], id="another job"),
    ],
)
def test_job_run_that_is_not_the_lakes_leaves_nothing(ended, context, arguments):
    assert ({}, set()) == (handler(ended(*arguments), context), left())


def test_used_hours_are_recorded_if_none_are_billed_yet():
    driver = {"sparkSubmit": {"entryPointArguments": ["--job", JOB.model_dump_json()]}}
    run = {"jobRunId": "r", "state": "FAILED", "jobDriver": driver, "totalResourceUtilization": BILL}

    expected = USAGE | {"job_run_id": "r", "state": "FAILED", "is_billed": False}
    assert JobRunUsage.model_validate(expected) == usage_of(run)


def test_another_event_is_refused(aws, context):
    with pytest.raises(TerminalError, match="the event is wrong at detail") as refused:
        handler({"source": "aws.emr-serverless"}, context)
    # AWS sends it: there is no machine to start again.
    assert SENT_BY_AWS == refused.value.mend
