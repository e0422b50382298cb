"""The streaming job exists if the environment says so, and EMR accepts its request."""

import json

import botocore.session
import pytest
from botocore.validate import validate_parameters

from shared import config
from shared.config import Kafka, load_environment
from shared.contracts import load_catalog
from shared.jobs import Job, Step
from tests.support.cloud import synthesize

CLUSTER = "arn:aws:kafka:eu-west-1:123456789012:cluster/shop/1a2b-3"
TOPIC, GROUP = CLUSTER.replace(":cluster/", ":topic/"), CLUSTER.replace(":cluster/", ":group/")
APPLICATION = "AWS::EMRServerless::Application"


@pytest.fixture(scope="module")
def streaming(tmp_path_factory):
    kafka = Kafka(cluster_arn=CLUSTER, every_seconds=60)
    with pytest.MonkeyPatch.context() as patch:
        asked = load_environment("prod").model_copy(update={"kafka": kafka})
        patch.setattr(config, "load_environment", lambda *_, **__: asked)
        return synthesize("prod", tmp_path_factory.mktemp("streaming"), nag=True)


def text(value):
    """A value of a template with its references by name."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(map(text, value["Fn::Join"][1]))
    return value if isinstance(value, str) else "<a-reference-to-something>"


def test_an_environment_without_the_setting_has_one_application(prod):
    assert ["lakewright-prod-batch"] == [a["Name"] for a in prod.properties(APPLICATION)]


def test_the_streaming_job_has_an_application_of_its_own_capped_and_watched(streaming):
    applications = {a["Name"]: a for a in streaming.properties(APPLICATION)}
    alarms = [a for a in streaming.properties("AWS::CloudWatch::Alarm") if a.get("Namespace") == "AWS/EMRServerless"]

    assert {"lakewright-prod-batch", "lakewright-prod-streaming"} == set(applications)
    assert "16 vCPU" == applications["lakewright-prod-streaming"]["MaximumCapacity"]["Cpu"]
    told = [(a["MetricName"], {d["Name"]: d["Value"] for d in a["Dimensions"]}) for a in alarms]
    assert [("FailedJobs", {"ApplicationId", "ApplicationName"})] == [(name, set(of)) for name, of in told]
    assert "lakewright-prod-streaming" == told[0][1]["ApplicationName"]


def test_its_request_is_one_that_emr_takes(streaming):
    [parameter] = [p for p in streaming.properties("AWS::SSM::Parameter") if "kafka_stream" in p["Name"]]
    request = json.loads(text(parameter["Value"]))
    shape = (
        botocore.session.get_session().get_service_model("emr-serverless").operation_model("StartJobRun").input_shape
    )
    job = Job.model_validate_json(request["jobDriver"]["sparkSubmit"]["entryPointArguments"][1])

    validate_parameters(request | {"clientToken": "token"}, shape)
    assert ("STREAMING", 60, Step.INGEST) == (request["mode"], job.every_seconds, job.step)
    # It runs until somebody stops it, and EMR gives it up once it has failed that often.
    assert (0, {"maxFailedAttemptsPerHour": 5}) == (request["executionTimeoutMinutes"], request["retryPolicy"])
    topics = {t.name: t.source.object for t in load_catalog().tables.values() if t.source and t.source.type == "kafka"}
    assert {str(name) for name in topics} == set(job.tables)
    assert 8192 > len(text(parameter["Value"]))


def test_the_jobs_may_read_the_topics_of_the_contracts_and_nothing_else_of_the_cluster(streaming):
    statements = [
        s
        for policy in streaming.properties("AWS::IAM::Policy")
        for s in policy["PolicyDocument"]["Statement"]
        if "kafka-cluster" in str(s["Action"])
    ]
    granted = {(a, r) for s in statements for a in _list(s["Action"]) for r in _list(s["Resource"])}
    topics = {t.source.object for t in load_catalog().tables.values() if t.source and t.source.type == "kafka"}

    assert granted == {
        ("kafka-cluster:Connect", CLUSTER),
        *((f"kafka-cluster:{a}", f"{TOPIC}/{t}") for a in ("DescribeTopic", "ReadData") for t in topics),
        *((f"kafka-cluster:{a}", f"{GROUP}/lakewright-*") for a in ("DescribeGroup", "AlterGroup")),
    }


def _list(value):
    return value if isinstance(value, list) else [value]
