"""The login at a schema registry, as the secret of a Kafka system has it, and the headers it becomes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from jobs.ingest.http_retry import OPENER, build_opener
from jobs.ingest.kafka.certificates import Certificates
from jobs.ingest.kafka.oauth import Address, TokenLogin, basic, find_token

if TYPE_CHECKING:
    from urllib.request import OpenerDirector


class RegistryLogin(BaseModel):
    """Address and login of the environment's schema registry: by password, by OAuth token, or none."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Address
    username: SecretStr | None = None
    password: SecretStr | None = None
    oauth: TokenLogin | None = None
    tls: Certificates | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.username is None) is not (self.password is None):
            raise ValueError("username and password: both or none")
        if self.username is not None and self.oauth is not None:
            raise ValueError("username and password, or oauth: not both")
        return self

    @property
    def is_open(self) -> bool:
        """Whether requests carry no login."""
        return self.username is None and self.oauth is None

    def headers(self, error_context: str, secret: str) -> dict[str, str]:
        """The headers that carry the login; a token is fetched when there is none that is still fresh.

        Args:
            error_context: What is being read; errors begin with it.
            secret: The secret that holds the login, for errors.

        Raises:
            SourceUnavailableError: no token came in any of the attempts.
            SourceContentError: what answers gives no tokens.
            TerminalError: the login was refused.
        """
        if self.oauth:
            return find_token(self.oauth, error_context, secret).header | self.oauth.headers
        if self.username is None or self.password is None:
            return {}
        return basic(self.username.get_secret_value(), self.password)

    @cached_property
    def opener(self) -> OpenerDirector:
        """The opener of requests, with the certificates if there are any."""
        return build_opener(self.tls.context()) if self.tls else OPENER
