"""A connection goes from standard input or a file into its secret, and is shown nowhere."""

import boto3
import pytest
from click.testing import CliRunner

from scripts.cli.secrets import command
from shared.errors import TerminalError, UnknownNameError
from shared.names import source_secret

CONNECTION = '{"account": "a", "user": "u", "password": "canary-password"}'


@pytest.fixture
def secret(aws):
    name = source_secret("dev", "snowflake")
    boto3.client("secretsmanager").create_secret(Name=name)
    return name


def put(*words, given=""):
    return CliRunner().invoke(command, ["put", "dev", *words], input=given, catch_exceptions=False)


def value(name):
    return boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def test_connection_comes_from_standard_input(secret):
    answer = put("snowflake", given=CONNECTION)

    assert (0, CONNECTION) == (answer.exit_code, value(secret))
    assert "canary-password" not in answer.output


def test_connection_comes_from_a_file(secret, tmp_path):
    (tmp_path / "connection.json").write_text(CONNECTION)

    assert 0 == put("snowflake", "--file", str(tmp_path / "connection.json")).exit_code
    assert CONNECTION == value(secret)


@pytest.mark.parametrize("text", ["canary-password", '["canary-password"]', '{"password": "canary-password"'])
def test_what_is_no_connection_is_refused_without_being_shown(secret, text):
    with pytest.raises(TerminalError) as refused:
        put("snowflake", given=text)

    assert "canary-password" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_unknown_source_is_told_the_known_ones(secret):
    with pytest.raises(UnknownNameError, match="snowflake"):
        put("sap", given=CONNECTION)


def test_environment_that_is_not_deployed_is_told(aws):
    with pytest.raises(TerminalError, match="there is no secret lakewright/dev/snowflake"):
        put("snowflake", given=CONNECTION)
