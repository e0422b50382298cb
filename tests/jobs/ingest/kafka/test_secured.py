"""Topics of a real broker that believes certificates of a private authority, or tokens, and nobody else."""

import json
from pathlib import Path

import boto3
import pytest

from jobs.ingest import http_retry
from jobs.ingest.kafka import oauth as kafka_oauth
from jobs.ingest.kafka.oauth import TokenLogin, find_token
from jobs.runtime import aws
from scripts.sources.started import running
from shared.jobs import Status
from shared.names import source_secret
from tests.support.authority import Authority
from tests.support.kafka import FIRST, Topic, put_secret
from tests.support.payments import PAYMENT, PAYMENTS, contract, ingested, landed, payment, row
from tests.support.secured_kafka import SecuredBroker
from tests.support.small_lake import SmallLake, lease_account
from tests.support.token_endpoint import SECRET, TokenEndpoint, giving_tokens

pytestmark = [pytest.mark.slow, pytest.mark.extra]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    kafka_oauth.forget_tokens()
    with giving_tokens(TokenEndpoint()) as endpoint:
        started = SecuredBroker(tmp_path_factory.mktemp("kafka"), Authority(), endpoint)
        with running(started):
            yield started


@pytest.fixture
def lake_of(tmp_path, spark, broker, monkeypatch):
    """A lake for the payments of a topic, whose secret holds a connection."""

    def make(topic, connection):
        columns = contract("kafka__payments", topic.name, PAYMENT, schemas="s3://landing/schemas")
        lake = SmallLake(tmp_path, spark, {PAYMENTS: columns})
        folder = Path(lake.landing_root, "schemas")
        folder.mkdir(parents=True)
        (folder / "7.avsc").write_text(json.dumps(FIRST))
        put_secret(connection)
        return lake

    monkeypatch.setattr(http_retry, "FIRST_PAUSE_SECONDS", 0)
    with lease_account():
        aws._client.cache_clear()
        yield make
        aws._client.cache_clear()


def log_in(connection):
    boto3.client("secretsmanager").put_secret_value(
        SecretId=source_secret("local", "kafka"), SecretString=json.dumps(connection)
    )


def written(folder):
    return b"".join(f.read_bytes() for f in folder.rglob("*") if f.is_file())


def test_a_topic_is_read_by_certificates_of_both_sides_and_by_no_others(lake_of, broker):
    topic, own = Topic(broker, "by-certificates").create(1), broker.authority.pair("lake")
    tls = {"ca": broker.authority.ca, "certificate": own.certificate, "private_key": own.private_key}
    lake = lake_of(topic, broker.by_certificates(**tls))
    topic.send(payment(1))

    assert Status.SUCCEEDED is ingested(lake, "r1").status
    assert [row(1, "by-certificates/0/0")] == landed(lake)

    stranger = Authority("stranger")
    foreign = stranger.pair("lake")
    unbelieved = {
        "no certificate": {"ca": broker.authority.ca},
        "another's certificate": {"certificate": foreign.certificate, "private_key": foreign.private_key},
        "another authority": {"ca": stranger.ca},
    }
    for which, others in unbelieved.items():
        log_in(broker.by_certificates(**(others if which == "no certificate" else tls | others)))
        refused = ingested(lake, f"r-{which}".replace(" ", "-").replace("'", "")).failure
        assert ("TerminalError", False) == (refused.error, refused.retryable), which
        assert "kafka, topic by-certificates: a certificate was refused, the broker's or ours" in refused.message, which

    log_in(broker.by_certificates(**tls))
    topic.send(payment(2))
    assert Status.SUCCEEDED is ingested(lake, "r9").status
    assert 2 == len(landed(lake))
    assert own.private_key.splitlines()[1].encode() not in written(lake.root) + written(broker.folder)


def test_a_topic_is_read_by_tokens_which_kafkas_client_asks_for(lake_of, broker):
    topic = Topic(broker, "by-tokens").create(1)
    lake = lake_of(topic, broker.by_tokens())
    topic.send(payment(1))

    assert Status.SUCCEEDED is ingested(lake, "r1").status
    assert [row(1, "by-tokens/0/0")] == landed(lake)
    assert {"grant_type": "client_credentials", "scope": "topics"} == broker.endpoint.asked[-1]

    log_in(broker.by_tokens(client_secret="canary"))
    refused = ingested(lake, "r2").failure
    assert ("TerminalError", False) == (refused.error, refused.retryable)
    assert "kafka, topic by-tokens, a token from 127.0.0.1" in refused.message
    assert "as oauth into the secret lakewright/local/kafka" in refused.message

    log_in(broker.by_tokens(token_url="http://127.0.0.1:1/token"))
    away = ingested(lake, "r3").failure
    assert ("SourceUnavailableError", True) == (away.error, away.retryable)

    topic.send(payment(2))
    log_in(broker.by_tokens(scope="others"))
    # Our token is at hand, but Kafka's client asks for its own.
    find_token(TokenLogin(**broker.endpoint.login | {"scope": "others"}), "kafka", "a secret")
    broker.endpoint.faults = [(503, {})] * 99
    passing = ingested(lake, "r4").failure
    assert ("SourceUnavailableError", True) == (passing.error, passing.retryable)
    broker.endpoint.faults.clear()
    assert Status.SUCCEEDED is ingested(lake, "r5").status
    assert 2 == len(landed(lake))

    told = written(lake.root) + written(broker.folder) + "".join(map(str, [refused, away, passing])).encode()
    assert not any(secret.encode() in told for secret in [SECRET, "canary", *broker.endpoint.given])
