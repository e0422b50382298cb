"""A connection to Kafka is read from its secret, and what is wrong with it is told without its values."""

import json

import boto3
import pytest

from jobs.ingest.kafka_connection import KafkaConnection, read_connection
from shared.contracts.connections import connection_by_role
from shared.errors import TerminalError
from shared.names import source_parameter, source_secret

SERVERS = {"bootstrap_servers": "b-1:9098,b-2:9098"}
REGISTRY = {"url": "https://registry.example.com", "username": "lake", "password": "hunter2"}


def settings(**connection):
    return KafkaConnection.parse(json.dumps(SERVERS | connection), "the secret lakewright/prod/kafka").settings


def test_a_role_is_the_credential_of_msk():
    assert {
        "bootstrap.servers": "b-1:9098,b-2:9098",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    } == settings(sasl_mechanism="AWS_MSK_IAM")
    assert settings(sasl_mechanism="AWS_MSK_IAM") == settings(**connection_by_role("b-1:9098,b-2:9098"))


def test_a_password_with_any_character_stays_one_value():
    login = settings(sasl_mechanism="SCRAM-SHA-512", username="lake", password='a"b\\c; user_x="y"')["sasl.jaas.config"]

    assert login == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="lake" password="a\\"b\\\\c; user_x=\\"y\\"";'
    )


def test_a_registry_is_named_beside_the_brokers_and_is_nothing_to_their_client():
    told = SERVERS | {"security_protocol": "SSL", "schema_registry": REGISTRY}
    connection = KafkaConnection.parse(json.dumps(told), "the secret lakewright/prod/kafka")

    login = connection.schema_registry
    assert REGISTRY == {
        "url": login.url,
        "username": login.username.get_secret_value(),
        "password": login.password.get_secret_value(),
    }
    assert {"bootstrap.servers", "security.protocol"} == {*connection.settings}
    assert "hunter2" not in repr(connection)


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
        *(
            pytest.param(json.dumps(SERVERS | {"security_protocol": "SSL", "schema_registry": registry}), said, id=said)
            for registry, said in [
                (REGISTRY | {"url": None}, "schema_registry.url: Input should be a valid string"),
                (REGISTRY | {"url": "http://hunter2.example.com"}, "schema_registry.url: .*an https:// address"),
                (REGISTRY | {"username": None}, "schema_registry: .*username and password: both or none"),
                (REGISTRY | {"key": "hunter2"}, "schema_registry.key: Extra inputs are not permitted"),
            ]
        ),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_without_its_values(text, said):
    with pytest.raises(TerminalError, match=said) as caught:
        KafkaConnection.parse(text, "the secret lakewright/prod/kafka")

    assert "lakewright/prod/kafka" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_cluster_of_the_stack_is_met_unless_the_secret_says_otherwise(account):
    secrets, ssm = (boto3.client(service, endpoint_url=account) for service in ("secretsmanager", "ssm"))
    secrets.create_secret(Name=source_secret("prod", "kafka"))
    with pytest.raises(TerminalError, match=r"nobody has said how to connect to kafka.*kafka\.serverless"):
        read_connection("prod", "kafka")

    told = json.dumps(connection_by_role("boot-1:9098"))
    ssm.put_parameter(Name=source_parameter("prod", "kafka"), Value=told, Type="String")
    assert ("boot-1:9098", "AWS_MSK_IAM") == servers_and_login(read_connection("prod", "kafka"))

    by_hand = json.dumps({"bootstrap_servers": "b-9:9096", "security_protocol": "SSL"})
    secrets.put_secret_value(SecretId=source_secret("prod", "kafka"), SecretString=by_hand)
    assert ("b-9:9096", None) == servers_and_login(read_connection("prod", "kafka"))


def servers_and_login(connection):
    return connection.bootstrap_servers, connection.sasl_mechanism
