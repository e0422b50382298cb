"""The secret of a Salesforce org's connected app, and the OAuth grant made from it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import SecretStr

from jobs.ingest.source_secret import SourceSecret, malformed, parse_secret, read_private_key
from shared.errors import TerminalError
from shared.web_addresses import is_safe

if TYPE_CHECKING:
    from datetime import datetime

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce refuses an assertion that is valid for longer.
ASSERTION_SECONDS = 180


class SalesforceSecret(SourceSecret):
    """The secret of a Salesforce source.

    `login_url` is `https://login.salesforce.com`, `https://test.salesforce.com`, or the org's own domain, which the
    client credentials flow needs.
    """

    system = "Salesforce"
    form = "JSON with login_url, client_id, and either client_secret, or username and private_key for the JWT flow"

    login_url: str
    client_id: str
    client_secret: SecretStr | None = None
    username: str | None = None
    private_key: SecretStr | None = None

    @classmethod
    def parse(cls, text: str, secret: str) -> SalesforceSecret:
        """Parse the secret's JSON.

        Raises:
            TerminalError: it does not fit the model; the error names keys, never values.
        """
        given = parse_secret(cls, text, secret)
        if (given.client_secret is None) == (given.private_key is None):
            raise malformed(cls, secret, ["client_secret and private_key: exactly one is needed"])
        if (given.private_key is None) != (given.username is None):
            raise malformed(cls, secret, ["username and private_key: both or none"])
        if not is_safe(given.login_url):
            raise malformed(cls, secret, ["login_url: not an https:// address"])
        return given

    def grant(self, now: datetime) -> dict[str, str]:
        """The form of a token request: client credentials, or a signed JWT.

        Raises:
            TerminalError: the private key cannot be used.
        """
        if self.client_secret is not None:
            secret = self.client_secret.get_secret_value()
            return {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": secret}
        return {"grant_type": JWT_BEARER, "assertion": self._assertion(now)}

    def _assertion(self, now: datetime) -> str:
        parts = urlsplit(self.login_url)
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(now.timestamp()) + ASSERTION_SECONDS,
        }
        signed = f"{_encoded(json.dumps({'alg': 'RS256'}).encode())}.{_encoded(json.dumps(claims).encode())}"
        signature = self._key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"

    def _key(self) -> rsa.RSAPrivateKey:
        key = read_private_key(self.private_key.get_secret_value() if self.private_key else "")
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TerminalError(
                "the private key of the Salesforce secret cannot be used",
                expected="an RSA key in PEM, without a password",
                mend="put it again with `./lake secrets put`",
            )
        return key


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
