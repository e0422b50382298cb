"""A secret is read strictly and never told; a fault of the connector becomes an error that says what to do."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from snowflake.connector import errors as snowflake_errors

from jobs.ingest.snowflake.connection import SnowflakeSecret, translate_error
from shared.errors import SchemaDriftError, SourceContentError, SourceUnavailableError, TerminalError

PASSWORD = "canary-password"
LOGIN = {"account": "acme", "user": "lake", "password": PASSWORD}
USER = {"account": "acme", "user": "lake"}
KEY = rsa.generate_private_key(65537, 2048)
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)
PEM = KEY.private_bytes(*PKCS8, NoEncryption()).decode()
LOCKED = KEY.private_bytes(*PKCS8, BestAvailableEncryption(PASSWORD.encode())).decode()
OTHER_KIND = ed25519.Ed25519PrivateKey.generate().private_bytes(*PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "given, arguments",
    [
        pytest.param(LOGIN, LOGIN, id="password"),
        pytest.param(
            USER | {"private_key": PEM},
            USER | {"private_key": PEM, "authenticator": "SNOWFLAKE_JWT"},
            id="key pair",
        ),
        pytest.param(
            LOGIN | {"host": "h", "port": 1, "protocol": "http", "warehouse": "w", "role": "r"},
            LOGIN | {"host": "h", "port": 1, "protocol": "http", "warehouse": "w", "role": "r"},
            id="everything",
        ),
    ],
)
def test_a_secret_becomes_the_connectors_arguments(given, arguments):
    assert arguments == SnowflakeSecret.parse(json.dumps(given), "s").arguments()


@pytest.mark.parametrize(
    "text, words",
    [
        pytest.param("not JSON " + PASSWORD, "text: json_invalid", id="no JSON"),
        pytest.param(json.dumps({"account": "acme", "password": PASSWORD}), "user: missing", id="no user"),
        pytest.param(json.dumps(LOGIN | {"pasword": PASSWORD}), "pasword: extra_forbidden", id="unknown key"),
        pytest.param(json.dumps(LOGIN | {"port": PASSWORD}), "port: int_parsing", id="port is no number"),
        pytest.param(json.dumps({"account": "a", "user": "u"}), "exactly one is needed", id="nothing to log in with"),
        pytest.param(json.dumps(LOGIN | {"private_key": "k"}), "exactly one is needed", id="two ways to log in"),
        *[
            pytest.param(
                json.dumps(USER | {"private_key": key}),
                "given: private_key: an RSA or EC key in PEM, without a password, is needed; expected: JSON with",
                id=what,
            )
            for what, key in {
                "no key": PASSWORD,
                "a key with a password": LOCKED,
                "a key whose lines are not broken": PEM.replace("\n", "\\n"),
                "a key of another kind": OTHER_KIND,
            }.items()
        ],
    ],
)
def test_a_malformed_secret_is_refused_without_telling_it(text, words):
    with pytest.raises(TerminalError, match="the secret lakewright/local/snowflake is not a Snowflake") as refused:
        SnowflakeSecret.parse(text, "lakewright/local/snowflake")
    assert words in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_credentials_do_not_show_themselves():
    assert PASSWORD not in repr(SnowflakeSecret.parse(json.dumps(LOGIN), "s"))


@pytest.mark.parametrize(
    "error, expected",
    [
        pytest.param(snowflake_errors.OperationalError("x", 4), SourceUnavailableError, id="status 503"),
        pytest.param(snowflake_errors.OperationalError("x", 14, "HYT00"), SourceUnavailableError, id="timeout"),
        pytest.param(snowflake_errors.DatabaseError("x", 250001, "08001"), SourceUnavailableError, id="refused"),
        pytest.param(snowflake_errors.ProgrammingError("x", 630, "57014"), SourceUnavailableError, id="cancelled"),
        pytest.param(snowflake_errors.InternalError("x", 6), SourceUnavailableError, id="broken answer"),
        pytest.param(snowflake_errors.DatabaseError("x", 390100, "28000"), TerminalError, id="wrong password"),
        pytest.param(snowflake_errors.DatabaseError("x", 390101, "08001"), TerminalError, id="user disabled"),
        pytest.param(snowflake_errors.DatabaseError("x", 390201, "08001"), TerminalError, id="no such warehouse"),
        pytest.param(snowflake_errors.DatabaseError("x", 390422, "08001"), TerminalError, id="address not allowed"),
        pytest.param(snowflake_errors.DatabaseError("x", 390102, "08001"), SourceUnavailableError, id="user locked"),
        pytest.param(snowflake_errors.ProgrammingError("x", 390114), SourceUnavailableError, id="session is over"),
        pytest.param(snowflake_errors.ProgrammingError("x", 606, "57P03"), TerminalError, id="no warehouse"),
        pytest.param(snowflake_errors.ProgrammingError("x", 251007), TerminalError, id="malformed private key"),
        pytest.param(snowflake_errors.ProgrammingError("x", 603, "XX000"), SourceUnavailableError, id="internal error"),
        pytest.param(snowflake_errors.ProgrammingError("x", 300002, "XX000"), SourceUnavailableError, id="incident"),
        pytest.param(snowflake_errors.ProgrammingError("x", 2003, "02000"), SourceContentError, id="no such table"),
        pytest.param(snowflake_errors.ProgrammingError("x", 904, "42000"), SchemaDriftError, id="no such column"),
        pytest.param(snowflake_errors.ProgrammingError("x", 100038, "22018"), SourceContentError, id="bad value"),
    ],
)
def test_a_fault_of_the_connector_says_whether_to_try_again(error, expected):
    assert expected is type(translate_error(error, "snowflake, A.B.C"))


def test_words_that_may_quote_rows_are_not_passed_on():
    fault = snowflake_errors.ProgrammingError("Numeric value 'canary@example.com' is not recognized", 100038, "22018")
    assert "canary" not in str(translate_error(fault, "snowflake, A.B.C"))


def test_words_about_names_are_passed_on():
    fault = snowflake_errors.ProgrammingError("invalid identifier 'NOPE'\nline 2", 904, "42000")
    assert "000904 (42000): invalid identifier 'NOPE'" not in str(translate_error(fault, "asked"))
    assert "Snowflake error 904 (42000): invalid identifier 'NOPE'" in str(translate_error(fault, "asked"))
