"""Who asks a schema registry: what the secret of a Kafka system says of it, and how that is shown."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from jobs.ingest.kafka_certificates import Certificates
from jobs.ingest.kafka_tokens import Address, TokenLogin, basic, find_token
from jobs.ingest.patience import OPENER, opener

if TYPE_CHECKING:
    from urllib.request import OpenerDirector


class RegistryLogin(BaseModel):
    """Where this environment's schema registry is, and who asks it: by name, by token, or of an open one nobody."""

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
        """Whether nobody says who asks."""
        return self.username is None and self.oauth is None

    def headers(self, asked: str, secret: str) -> dict[str, str]:
        """How the login is shown; a token is asked for when there is none, or none that is fresh.

        Args:
            asked: What is read, for errors.
            secret: Where the login stands, for errors.

        Raises:
            SourceUnavailableError: no token came, though asked for several times.
            SourceContentError: what answers gives no tokens.
            TerminalError: the login was refused.
        """
        if self.oauth:
            return find_token(self.oauth, asked, secret).header | self.oauth.headers
        if self.username is None or self.password is None:
            return {}
        return basic(self.username.get_secret_value(), self.password)

    @cached_property
    def opener(self) -> OpenerDirector:
        """What asks, with the certificates."""
        return opener(self.tls.context()) if self.tls else OPENER
