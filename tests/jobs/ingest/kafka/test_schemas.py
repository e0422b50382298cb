"""Schemas of Glue's registry: each version is asked for once, and what AWS says otherwise becomes an error of ours."""

import json

import boto3
import pytest
from botocore.stub import Stubber

from jobs.ingest.kafka import schemas as kafka_schemas
from jobs.ingest.kafka.schemas import writers_of
from shared.contracts import Source
from shared.errors import SourceContentError, SourceUnavailableError, TerminalError

SOURCE = Source(system="kafka", type="kafka", object="payments", format="avro", schemas="glue://shop")
SCHEMA_ID = {"RegistryName": "shop", "SchemaName": "payments"}
RECORD = json.dumps({"type": "record", "name": "Payment", "fields": []})


@pytest.fixture
def glue(monkeypatch):
    """Glue's answers, in the order in which they are asked for."""
    client = boto3.client("glue", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(kafka_schemas, "client", lambda _: client)
    kafka_schemas._version.cache_clear()
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()
    kafka_schemas._version.cache_clear()


def latest(glue, number):
    glue.add_response("get_schema", {"LatestSchemaVersion": number}, {"SchemaId": SCHEMA_ID})


def version(glue, number, text=RECORD):
    asked = {"SchemaId": SCHEMA_ID, "SchemaVersionNumber": {"VersionNumber": number}}
    if text is None:
        glue.add_client_error("get_schema_version", "EntityNotFoundException", expected_params=asked)
    else:
        answer = {"SchemaVersionId": uuid(number), "SchemaDefinition": text, "VersionNumber": number}
        glue.add_response("get_schema_version", answer, asked)


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012}"


def test_a_version_is_asked_for_once_and_one_that_was_deleted_is_left_out(glue):
    latest(glue, 3)
    version(glue, 1)
    version(glue, 2, None)
    version(glue, 3)
    assert {uuid(1): RECORD, uuid(3): RECORD} == writers_of(SOURCE, None, None).schemas

    latest(glue, 4)
    version(glue, 4)
    assert [uuid(1), uuid(3), uuid(4)] == list(writers_of(SOURCE, None, None).schemas)


@pytest.mark.parametrize(
    "code, error, said",
    [
        ("EntityNotFoundException", SourceContentError, "the schema payments of registry shop is not there"),
        ("AccessDeniedException", TerminalError, "AWS refused the schema payments of registry shop"),
        ("ThrottlingException", SourceUnavailableError, "AWS could not give the schema payments of registry shop"),
    ],
)
def test_what_aws_refuses_is_told(glue, code, error, said):
    glue.add_client_error("get_schema", code)

    with pytest.raises(error, match=said):
        writers_of(SOURCE, None, None)


def test_a_schema_of_something_else_is_refused_by_its_version(glue):
    latest(glue, 1)
    version(glue, 1, '{"type": "object"}')

    with pytest.raises(SourceContentError, match=f"version {uuid(1)}: not the Avro schema of a record"):
        writers_of(SOURCE, None, None)
