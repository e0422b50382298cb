"""A schema registry is asked with patience, once for each schema, and its faults are told without a secret."""

import json
from unittest.mock import ANY

import boto3
import pytest

from jobs.ingest import http_retry
from jobs.ingest.kafka import registry as kafka_registry
from jobs.ingest.kafka.registry import Registered, Registry, registry_of
from jobs.ingest.kafka.registry_login import RegistryLogin
from shared.contracts import Source
from shared.errors import SourceContentError, SourceUnavailableError, TerminalError
from tests.support.authority import Authority
from tests.support.kafka import FIRST
from tests.support.schema_registry import PASSWORD, SchemaRegistry, running
from tests.support.token_endpoint import TokenEndpoint, giving_tokens

FOUND = Registered("AVRO", json.dumps(FIRST), ())
SECRET = "lakewright/prod/kafka"


@pytest.fixture
def served(monkeypatch):
    """A registry of one schema, whose callers do not wait between tries."""
    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0)
    kafka_registry.forget()
    with running(SchemaRegistry()) as registry:
        registry.register(7, FIRST)
        yield registry
    kafka_registry.forget()


def asking(served, **login):
    return Registry(served.address, "kafka, topic payments", SECRET, RegistryLogin(**served.login | login))


def test_a_schema_is_asked_for_once_and_one_that_is_not_there_again(served):
    registry = asking(served)

    assert [FOUND, FOUND, None] == [registry.schema(i) for i in ("7", "7", "8")]
    served.register(8, "{}", "JSON")
    assert [Registered("JSON", "{}", ())] * 2 == [registry.schema("8"), registry.schema("8")]
    assert [f"/schemas/ids/{i}" for i in (7, 8, 8)] == served.requests


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param((429, {"error_code": 429, "message": "Too Many Requests"}), id="too much at once"),
        pytest.param((500, {"error_code": 50001, "message": "Error in the backend datastore"}), id="its own fault"),
        pytest.param((200, b'{"schema": "{'), id="half an answer"),
        pytest.param((200, b"\xff"), id="no text"),
    ],
)
def test_passing_faults_are_waited_out_or_told_by_system_topic_and_id(served, fault):
    served.faults = [fault] * (http_retry.ATTEMPTS - 1)
    assert FOUND == asking(served).schema("7")
    assert http_retry.ATTEMPTS == len(served.requests)

    kafka_registry.forget()
    served.faults = [fault] * http_retry.ATTEMPTS
    with pytest.raises(SourceUnavailableError, match=r"^kafka, topic payments, schema 7 of the registry 127.* 5 times"):
        asking(served).schema("7")


def test_a_registry_that_is_away_is_told(served):
    served.address = "http://127.0.0.1:1"

    with pytest.raises(
        SourceUnavailableError, match=r"topic payments, schema 7 of .*given: Connection refused, 5 times"
    ):
        asking(served).schema("7")


@pytest.mark.parametrize(
    "login, said",
    [
        pytest.param({"password": "canary"}, "given: status 401; to fix", id="a wrong password"),
        pytest.param({"username": None, "password": None}, "given: status 401, asked without a login", id="no login"),
    ],
)
def test_a_login_that_is_refused_is_told_by_the_secrets_name_alone(served, login, said):
    registry = asking(served, **login)
    with pytest.raises(TerminalError, match=f"schema 7 of .*the login was refused; {said}.*{SECRET}") as caught:
        registry.schema("7")

    assert 1 == len(served.requests)
    assert "canary" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "canary" not in repr(registry)


@pytest.mark.parametrize(
    "status, body, given",
    [
        pytest.param(404, {"error_code": 404, "message": "HTTP 404 Not Found"}, "status 404", id="another API"),
        pytest.param(404, b"<html>", "status 404", id="a page"),
        pytest.param(302, b"", "status 302", id="a redirect"),
        pytest.param(200, {"schemas": []}, "an answer without a schema", id="another answer"),
        pytest.param(200, b'"{}"', "an answer without a schema", id="no object"),
        pytest.param(200, b" " * (kafka_registry.LARGEST_BYTES + 1), "one too large", id="more than fits"),
    ],
)
def test_what_is_no_registry_is_told_and_no_redirect_is_followed(served, status, body, given):
    served.faults = [(status, body)]

    with pytest.raises(SourceContentError, match=f"the address does not give schemas; given: .*{given}"):
        asking(served).schema("7")
    assert ["/schemas/ids/7"] == served.requests


def test_schemas_that_are_referred_to_are_asked_for_by_subject_and_version(served):
    def reference(subject):
        return {"name": "n", "subject": subject, "version": 1}

    served.register(20, "20", references=[reference("of-21"), reference("of-22")])
    served.register(21, "21", references=[reference("of-22")])
    served.register(22, "22")
    served.register(30, "30", references=[reference("a/b ?")])
    registry = asking(served)

    assert {"21", "22"} == {s.text for s in registry.referred(registry.schema("20"))}
    assert 3 == len(served.requests)
    with pytest.raises(SourceContentError, match=r"refers to one .*/subjects/a%2Fb%20%3F/versions/1"):
        registry.referred(registry.schema("30"))


def test_the_registry_is_the_contracts_unless_the_secret_names_another(account, served):
    secrets = boto3.client("secretsmanager", endpoint_url=account)
    brokers = {"bootstrap_servers": "b-1:9098", "security_protocol": "SSL"}
    secrets.create_secret(Name=SECRET, SecretString=json.dumps(brokers))
    source = Source(system="kafka", type="kafka", object="payments", schemas="https://registry.example.com")

    assert Registry("https://registry.example.com", "kafka, topic payments", SECRET) == registry_of(source, "prod")
    told = json.dumps(brokers | {"schema_registry": served.login})
    secrets.put_secret_value(SecretId=SECRET, SecretString=told)
    assert asking(served) == registry_of(source, "prod")
    assert FOUND == registry_of(source, "prod").schema("7")


def test_a_registry_of_a_private_authority_is_asked_with_certificates_and_no_other_is_believed(served, tmp_path):
    authority, stranger = Authority(), Authority("stranger")
    own = authority.pair("lake")
    tls = {"ca": authority.ca, "certificate": own.certificate, "private_key": own.private_key}
    with running(SchemaRegistry(), context=authority.context(tmp_path, asks_clients=True)) as secured:
        secured.register(7, FIRST)
        assert FOUND == asking(secured, tls=tls).schema("7")

        for others, given in [
            ({"ca": stranger.ca}, "CERTIFICATE_VERIFY_FAILED"),
            (None, "CERTIFICATE_VERIFY_FAILED"),
            ({"ca": authority.ca}, "CERTIFICATE_REQUIRED"),
        ]:
            kafka_registry.forget()
            both = others if others is None or "CERTIFICATE_VERIFY" not in given else tls | others
            with pytest.raises(TerminalError, match=f"a certificate was refused.*{given}.*tls.*{SECRET}") as caught:
                asking(secured, tls=both).schema("7")
            assert PASSWORD not in str(caught.value)
    assert 1 == len(secured.requests)
    assert [] == [f for f in tmp_path.rglob("*") if own.private_key in f.read_text()]


def test_a_token_is_shown_where_the_login_is_by_tokens(served):
    with giving_tokens(TokenEndpoint()) as endpoint:
        oauth = endpoint.login | {"logical_cluster": "lsrc-1", "identity_pool": "pool-1"}
        by_token = {"username": None, "password": None, "oauth": oauth}
        with pytest.raises(TerminalError, match=r"the login was refused; given: status 401; .*oauth"):
            asking(served, **by_token).schema("7")

        served.accepted = f"Bearer {endpoint.given[0]}"
        assert FOUND == asking(served, **by_token).schema("7")
        assert 1 == len(endpoint.given)
        told = served.told[-1]
        assert ("lsrc-1", "pool-1") == (told["target-sr-cluster"], told["confluent-identity-pool-id"])


def test_a_token_that_is_taken_no_more_is_asked_for_anew_once(served):
    unauthorized = (401, {"error_code": 401, "message": "Unauthorized"})
    with giving_tokens(TokenEndpoint()) as endpoint:
        registry = asking(served, username=None, password=None, oauth=endpoint.login)
        served.accepted = ANY
        registry.schema("7")

        served.faults = [unauthorized]
        served.register(8, "{}")
        assert Registered("AVRO", "{}", ()) == registry.schema("8")
        assert [f"Bearer {endpoint.given[i]}" for i in (0, 0, 1)] == [told["authorization"] for told in served.told]

        served.faults = [unauthorized] * 2
        with pytest.raises(TerminalError, match="the login was refused; given: status 401"):
            registry.schema("9")
        assert (3, 5) == (len(endpoint.given), len(served.requests))
