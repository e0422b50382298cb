"""Who to ask for a topic, and with which credentials: read from the secret of the Kafka system, or its parameter."""

from __future__ import annotations

import json
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator, model_validator

from jobs.runtime.addresses import find_secret, read_parameter
from shared.contracts.connections import MSK_IAM
from shared.errors import TerminalError
from shared.names import source_parameter, source_secret
from shared.web_addresses import is_bare

LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
IAM_LOGIN = {
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}


class RegistryLogin(BaseModel):
    """Where this environment's schema registry is, and who asks it; of an open one there is no login."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    username: SecretStr | None = None
    password: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _bare(cls, url: str) -> str:
        if not is_bare(url):
            raise ValueError("an https:// address, without login, query and fragment, is needed")
        return url

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.username is None) is not (self.password is None):
            raise ValueError("username and password: both or none")
        return self


class KafkaConnection(BaseModel):
    """The connection as the secret holds it, or the parameter of a cluster that the stack made.

    With `AWS_MSK_IAM` the job's role is the credential; the other mechanisms need a user and a password.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bootstrap_servers: str
    security_protocol: Literal["SASL_SSL", "SSL", "SASL_PLAINTEXT", "PLAINTEXT"] = "SASL_SSL"
    sasl_mechanism: Literal["AWS_MSK_IAM", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: SecretStr | None = None
    password: SecretStr | None = None
    schema_registry: RegistryLogin | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.startswith("SASL") is not (self.sasl_mechanism is not None):
            raise ValueError("a sasl_mechanism belongs to a security_protocol of SASL, and to no other")
        if (self.sasl_mechanism in LOGIN_MODULES) is not (self.username is not None and self.password is not None):
            raise ValueError("username and password belong to PLAIN and SCRAM, and to no other sasl_mechanism")
        return self

    @classmethod
    def parse(cls, text: str, name: str) -> KafkaConnection:
        """Read the text of a secret, or of a parameter, which `name` is to say.

        Raises:
            TerminalError: it is not a connection; the error tells no value of it.
        """
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            given = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg']}" for e in error.errors())
        except ValueError:
            given = "no JSON"
        raise TerminalError(
            f"{name} is not a connection to Kafka",
            given=given,
            expected="JSON with bootstrap_servers, security_protocol, for SASL sasl_mechanism and its credentials, and "
            "for a schema registry schema_registry with url, username and password",
            mend="put it again with `./lake secrets put`",
        )

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client in Java."""
        settings = {"bootstrap.servers": self.bootstrap_servers, "security.protocol": self.security_protocol}
        if self.sasl_mechanism is None:
            return settings
        settings["sasl.mechanism"] = self.sasl_mechanism
        return settings | (IAM_LOGIN if self.sasl_mechanism == MSK_IAM else {"sasl.jaas.config": self._login()})

    def _login(self) -> str:
        user, password = (s.get_secret_value() if s else "" for s in (self.username, self.password))
        module = LOGIN_MODULES[str(self.sasl_mechanism)]
        return f"{module} required username={_quoted(user)} password={_quoted(password)};"


def read_connection(env: str, system: str) -> KafkaConnection:
    """The connection that the secret holds or, where nobody has filled it, that of the cluster the stack made.

    Raises:
        SourceUnavailableError: Secrets Manager or SSM did not answer.
        TerminalError: there is none, or what there is is none.
    """
    secret, parameter = source_secret(env, system), source_parameter(env, system)
    if (text := find_secret(secret)) is not None:
        return KafkaConnection.parse(text, f"the secret {secret}")
    if (text := read_parameter(parameter)) is not None:
        return KafkaConnection.parse(text, f"the parameter {parameter}")
    raise TerminalError(
        f"nobody has said how to connect to {system}",
        given=f"the secret {secret} without a value, and no parameter {parameter}",
        expected="a connection in the secret, or a cluster of the stack's own",
        mend="put the secret with `./lake secrets put`, or set kafka.serverless in the environment's file and deploy",
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
