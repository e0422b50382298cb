"""Who to ask for a topic, and with which credentials: read from the secret of the Kafka system."""

from __future__ import annotations

import json
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator

from shared.errors import TerminalError

IAM = "AWS_MSK_IAM"
LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}
IAM_LOGIN = {
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}


class KafkaConnection(BaseModel):
    """The connection as the secret holds it.

    With `AWS_MSK_IAM` the job's role is the credential; the other mechanisms need a user and a password.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bootstrap_servers: str
    security_protocol: Literal["SASL_SSL", "SSL", "SASL_PLAINTEXT", "PLAINTEXT"] = "SASL_SSL"
    sasl_mechanism: Literal["AWS_MSK_IAM", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: SecretStr | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security_protocol.startswith("SASL") is not (self.sasl_mechanism is not None):
            raise ValueError("a sasl_mechanism belongs to a security_protocol of SASL, and to no other")
        if (self.sasl_mechanism in LOGIN_MODULES) is not (self.username is not None and self.password is not None):
            raise ValueError("username and password belong to PLAIN and SCRAM, and to no other sasl_mechanism")
        return self

    @classmethod
    def parse(cls, text: str, name: str) -> KafkaConnection:
        """Read a secret's text.

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
            f"the secret {name} is not a connection to Kafka",
            given=given,
            expected="JSON with bootstrap_servers, security_protocol and, for SASL, sasl_mechanism and its credentials",
            mend="put it again with `aws secretsmanager put-secret-value`",
        )

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client in Java."""
        settings = {"bootstrap.servers": self.bootstrap_servers, "security.protocol": self.security_protocol}
        if self.sasl_mechanism is None:
            return settings
        settings["sasl.mechanism"] = self.sasl_mechanism
        return settings | (IAM_LOGIN if self.sasl_mechanism == IAM else {"sasl.jaas.config": self._login()})

    def _login(self) -> str:
        user, password = (s.get_secret_value() if s else "" for s in (self.username, self.password))
        module = LOGIN_MODULES[str(self.sasl_mechanism)]
        return f"{module} required username={_quoted(user)} password={_quoted(password)};"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
