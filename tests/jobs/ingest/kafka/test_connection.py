"""A connection to Kafka is read from its secret, and what is wrong with it is told without its values."""

import json

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jobs.ingest.kafka.connection import KafkaConnection, read_connection
from shared.contracts.connections import connection_by_role
from shared.errors import TerminalError
from shared.names import source_parameter, source_secret
from tests.support.authority import Authority

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


def test_certificates_are_told_to_kafkas_client_in_the_one_form_it_reads():
    authority = Authority()
    own = authority.pair("lake", PrivateFormat.TraditionalOpenSSL)
    assert "BEGIN EC PRIVATE KEY" in own.private_key
    told = {"ca": f"Bag Attributes\n{authority.ca}", "certificate": own.certificate, "private_key": own.private_key}

    found = settings(security_protocol="SSL", tls=told)

    key = found.pop("ssl.keystore.key")
    assert key.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert {
        "bootstrap.servers": "b-1:9098,b-2:9098",
        "security.protocol": "SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": authority.ca,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": own.certificate,
    } == found
    assert settings(security_protocol="SSL", tls=told | {"private_key": key}) == found | {"ssl.keystore.key": key}


def test_a_login_by_tokens_is_left_to_kafkas_client():
    told = {"token_url": "https://id.example.com/token", "client_id": "lake", "client_secret": 'a"b', "scope": "topics"}
    login = told | {"logical_cluster": "lkc-1", "identity_pool": "pool-1"}

    assert {
        "bootstrap.servers": "b-1:9098,b-2:9098",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.login.callback.handler.class": (
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
        ),
        "sasl.oauthbearer.token.endpoint.url": "https://id.example.com/token",
        "sasl.jaas.config": (
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
            'clientId="lake" clientSecret="a\\"b" scope="topics" '
            'extension_logicalCluster="lkc-1" extension_identityPoolId="pool-1";'
        ),
    } == settings(sasl_mechanism="OAUTHBEARER", oauth=login)


def wrong_certificates():
    """What `tls` may be instead, and what is said of it."""
    authority = Authority()
    own, other = authority.pair("hunter2"), authority.pair("hunter2")
    ed25519 = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    locked = BestAvailableEncryption(b"hunter2")
    with_password = load_pem_private_key(own.private_key.encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, locked
    )
    pair = {"certificate": own.certificate, "private_key": own.private_key}
    cases = {
        "nothing": ({}, "tls: .*ca, or certificate and private_key, are needed"),
        "a certificate alone": ({"certificate": own.certificate}, "tls: .*certificate and private_key: both or none"),
        "of two pairs": (pair | {"private_key": other.private_key}, "tls: .*not that of the first certificate"),
        "no authority": ({"ca": "hunter2"}, r"tls\.ca: .*certificates in PEM"),
        "half an authority": ({"ca": authority.ca[:90]}, r"tls\.ca: .*certificates in PEM"),
        "no key": (pair | {"private_key": "hunter2"}, r"tls\.private_key: .*an RSA or EC key"),
        "a key with a password": (
            pair | {"private_key": with_password.decode()},
            r"tls\.private_key: .*without a pass",
        ),
        "a key that Java does not read": (pair | {"private_key": ed25519}, r"tls\.private_key: .*an RSA or EC key"),
        "another name": ({"truststore": "hunter2"}, r"tls\.truststore: Extra inputs"),
    }
    for case, (tls, said) in cases.items():
        yield pytest.param(json.dumps(SERVERS | {"security_protocol": "SSL", "tls": tls}), said, id=case)
    plain = {"security_protocol": "PLAINTEXT", "tls": {"ca": authority.ca}}
    yield pytest.param(json.dumps(SERVERS | plain), "tls belongs to a security_protocol of SSL", id="tls without TLS")


def wrong_tokens():
    """What `oauth` may be instead, and what is said of it."""
    login = {"token_url": "https://id.example.com/token", "client_id": "lake", "client_secret": "hunter2"}
    of_mechanism = {"sasl_mechanism": "OAUTHBEARER"}
    cases = {
        "no oauth": (of_mechanism, "oauth belongs to the sasl_mechanism OAUTHBEARER"),
        "oauth alone": ({"sasl_mechanism": "AWS_MSK_IAM", "oauth": login}, "oauth belongs to"),
        "in clear": (
            of_mechanism | {"oauth": login | {"token_url": "http://hunter2.example.com"}},
            "oauth.token_url: ",
        ),
        "no secret": (of_mechanism | {"oauth": login | {"client_secret": None}}, "oauth.client_secret: Input should"),
    }
    for case, (told, said) in cases.items():
        yield pytest.param(json.dumps(SERVERS | told), said, id=case)
    both = {"security_protocol": "SSL", "schema_registry": REGISTRY | {"oauth": login}}
    yield pytest.param(
        json.dumps(SERVERS | both), "schema_registry: .*username and password, or oauth", id="two logins"
    )


@pytest.mark.parametrize(
    "text, said",
    [
        *wrong_certificates(),
        *wrong_tokens(),
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
