"""How to connect to a Kafka cluster: brokers and credentials, from the system's secret or its parameter."""

from __future__ import annotations

import json
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator

from jobs.ingest.kafka.certificates import Certificates
from jobs.ingest.kafka.oauth import TokenLogin, jaas
from jobs.ingest.kafka.registry_login import RegistryLogin
from jobs.ingest.source_secret import faults_by_key
from jobs.runtime.credentials import find_secret, read_parameter
from shared.errors import TerminalError
from shared.names import source_parameter, source_secret

LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
OAUTH = "OAUTHBEARER"
IAM_LOGIN = {
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}


class KafkaConnection(BaseModel):
    """The connection as JSON in the system's secret or, for a cluster that the stack made, in its parameter.

    With `AWS_MSK_IAM` the job's role is the credential. PLAIN and SCRAM need a user and a password, OAUTHBEARER needs
    `oauth`, and a client certificate needs `tls`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bootstrap_servers: str
    security_protocol: Literal["SASL_SSL", "SSL", "SASL_PLAINTEXT", "PLAINTEXT"] = "SASL_SSL"
    sasl_mechanism: Literal["AWS_MSK_IAM", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    username: SecretStr | None = None
    password: SecretStr | None = None
    oauth: TokenLogin | None = None
    tls: Certificates | None = None
    schema_registry: RegistryLogin | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.startswith("SASL") is not (self.sasl_mechanism is not None):
            raise ValueError("a sasl_mechanism belongs to a security_protocol of SASL, and to no other")
        if (self.sasl_mechanism in LOGIN_MODULES) is not (self.username is not None and self.password is not None):
            raise ValueError("username and password belong to PLAIN and SCRAM, and to no other sasl_mechanism")
        if (self.sasl_mechanism == OAUTH) is not (self.oauth is not None):
            raise ValueError("oauth belongs to the sasl_mechanism OAUTHBEARER, and to no other")
        if self.tls is not None and not self.security_protocol.endswith("SSL"):
            raise ValueError("tls belongs to a security_protocol of SSL")
        return self

    @classmethod
    def parse(cls, text: str, name: str) -> KafkaConnection:
        """Parse the text of a secret or a parameter.

        Args:
            text: Its value.
            name: Which secret or parameter it is, for errors.

        Raises:
            TerminalError: it is not a connection; the error names keys, never values.
        """
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            given = "; ".join(faults_by_key(error, say="msg"))
        except ValueError:
            given = "no JSON"
        raise TerminalError(
            f"{name} is not a connection to Kafka",
            given=given,
            expected="JSON with bootstrap_servers, security_protocol, for SASL sasl_mechanism and its credentials, for "
            "certificates tls, and for a schema registry schema_registry with url, username and password",
            mend="put it again with `./lake secrets put`",
        )

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client in Java."""
        settings = {"bootstrap.servers": self.bootstrap_servers, "security.protocol": self.security_protocol}
        settings |= self.tls.settings if self.tls else {}
        if self.sasl_mechanism is None:
            return settings
        return settings | {"sasl.mechanism": self.sasl_mechanism} | self._login()

    def _login(self) -> dict[str, str]:
        if self.oauth:
            return self.oauth.settings
        if self.username is None or self.password is None:
            return IAM_LOGIN
        login = {"username": self.username.get_secret_value(), "password": self.password.get_secret_value()}
        return {"sasl.jaas.config": jaas(LOGIN_MODULES[str(self.sasl_mechanism)], login)}


def read_connection(env: str, system: str) -> KafkaConnection:
    """The connection in the system's secret or, while that has no value, the one of the cluster that the stack made.

    Raises:
        SourceUnavailableError: Secrets Manager or SSM did not answer.
        TerminalError: neither holds a connection, or what is there cannot be parsed.
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
