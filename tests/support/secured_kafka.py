"""A broker that also accepts mutual TLS and tokens, each on its own port."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from scripts.sources.kafka_broker import KafkaBroker

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.authority import Authority
    from tests.support.token_endpoint import TokenEndpoint

# The last line of a name counts.
PROPERTIES = """
listeners=SASL_PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},\
 MUTUAL://127.0.0.1:{mutual},TOKENS://127.0.0.1:{tokens}
advertised.listeners=SASL_PLAINTEXT://127.0.0.1:{port},MUTUAL://127.0.0.1:{mutual},TOKENS://127.0.0.1:{tokens}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,MUTUAL:SSL,TOKENS:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.certificate.chain={certificate}
ssl.keystore.key={private_key}
ssl.truststore.type=PEM
ssl.truststore.certificates={ca}
listener.name.mutual.ssl.client.auth=required
listener.name.tokens.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.tokens.oauthbearer.sasl.jaas.config={module} required;
listener.name.tokens.oauthbearer.sasl.server.callback.handler.class={handler}
sasl.oauthbearer.jwks.endpoint.url={key_set}
"""
OAUTH = "org.apache.kafka.common.security.oauthbearer."


class SecuredBroker(KafkaBroker):
    """The broker, with certificates from an authority and tokens from an endpoint."""

    def __init__(self, folder: Path, authority: Authority, endpoint: TokenEndpoint) -> None:
        super().__init__(folder)
        self.authority, self.endpoint = authority, endpoint
        self.mutual, self.tokens = _free_port(), _free_port()

    def properties(self) -> str:
        key_set = self.folder / "keys.json"
        key_set.write_text(self.endpoint.key_set)
        own = self.authority.pair("broker")
        pems = {"ca": self.authority.ca, "certificate": own.certificate, "private_key": own.private_key}
        return super().properties() + PROPERTIES.format(
            port=self.port,
            controller=self._controller,
            mutual=self.mutual,
            tokens=self.tokens,
            module=f"{OAUTH}OAuthBearerLoginModule",
            handler=f"{OAUTH}OAuthBearerValidatorCallbackHandler",
            key_set=key_set.as_uri(),
            **{name: pem.replace("\n", "\\n") for name, pem in pems.items()},
        )

    def java_options(self) -> list[str]:
        allowed = (self.folder / "keys.json").as_uri()
        return [*super().java_options(), f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={allowed}"]

    def by_certificates(self, **tls: str) -> dict[str, Any]:
        """The connection of a client with a certificate."""
        return {"bootstrap_servers": f"127.0.0.1:{self.mutual}", "security_protocol": "SSL", "tls": tls}

    def by_tokens(self, **login: str) -> dict[str, Any]:
        """The connection of a client with a token."""
        return {
            "bootstrap_servers": f"127.0.0.1:{self.tokens}",
            "sasl_mechanism": "OAUTHBEARER",
            "oauth": self.endpoint.login | login,
            "tls": {"ca": self.authority.ca},
        }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])
