"""Reads the connections to other systems: secrets, or parameters where there is only an address and nothing secret."""

from __future__ import annotations

from botocore.exceptions import ClientError

from jobs.runtime.aws import aws_answers, client, error_code
from shared.errors import TerminalError


def read_secret(name: str) -> str:
    """The text of a secret in Secrets Manager.

    Raises:
        SourceUnavailableError: Secrets Manager did not answer.
        TerminalError: there is no such secret, or it has no value yet.
    """
    if (text := find_secret(name)) is not None:
        return text
    raise TerminalError(
        "a source's secret has no value",
        given=name,
        expected="JSON with the connection",
        mend="put it with `./lake secrets put`",
    )


def find_secret(name: str) -> str | None:
    """The text of a secret; None if there is no such secret, or it has no value yet.

    Raises:
        SourceUnavailableError: Secrets Manager did not answer.
        TerminalError: it refused.
    """
    with aws_answers(f"the secret {name}"):
        try:
            return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
    return None


def read_parameter(name: str) -> str | None:
    """The value of a parameter in SSM; None if there is no such parameter.

    Raises:
        SourceUnavailableError: SSM did not answer.
    """
    with aws_answers(f"the parameter {name}"):
        try:
            return str(client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
    return None
