"""A connection to Kafka is read from its secret, and what is wrong with it is told without its values."""

import json

import pytest

from jobs.ingest.kafka_connection import KafkaConnection
from shared.errors import TerminalError

SERVERS = {"bootstrap_servers": "b-1:9098,b-2:9098"}


def settings(**connection):
    return KafkaConnection.parse(json.dumps(SERVERS | connection), "lakewright/prod/kafka").settings


def test_a_role_is_the_credential_of_msk():
    assert {
        "bootstrap.servers": "b-1:9098,b-2:9098",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    } == settings(sasl_mechanism="AWS_MSK_IAM")


def test_a_password_with_any_character_stays_one_value():
    login = settings(sasl_mechanism="SCRAM-SHA-512", username="lake", password='a"b\\c; user_x="y"')["sasl.jaas.config"]

    assert login == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="lake" password="a\\"b\\\\c; user_x=\\"y\\"";'
    )


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param("no json hunter2", "no JSON", id="no JSON"),
        pytest.param('{"password": "hunter2"}', "bootstrap_servers: Field required", id="no servers"),
        pytest.param(
            json.dumps(SERVERS | {"sasl_mechanism": "PLAIN", "password": "hunter2"}), "username and password", id="half"
        ),
        pytest.param(json.dumps(SERVERS | {"security_protocol": "hunter2"}), "security_protocol", id="a protocol"),
        pytest.param(json.dumps(SERVERS), "a sasl_mechanism belongs", id="no mechanism"),
        pytest.param(
            json.dumps(SERVERS | {"sasl_mechanism": "AWS_MSK_IAM", "username": "x", "password": "hunter2"}),
            "username and password",
            id="a password that is not needed",
        ),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_without_its_values(text, said):
    with pytest.raises(TerminalError, match=said) as caught:
        KafkaConnection.parse(text, "lakewright/prod/kafka")

    assert "lakewright/prod/kafka" in str(caught.value)
    assert "hunter2" not in str(caught.value)
