"""An identity provider on the loopback address: it issues signed tokens for a client's credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, SECRET, KEY_ID = "lake", 'hunter2:"\\ä', "k1"
BY_NAME = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
REFUSED = 401, {"error": "invalid_client"}


@dataclass
class TokenEndpoint:
    """The issued tokens and the requests; `faults` replace the next answers."""

    address: str = ""
    lasts: int = 3600
    asked: list[dict[str, str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    faults: list[tuple[int, Any]] = field(default_factory=list)
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def login(self) -> dict[str, str]:
        """The client's login, in the form of a secret."""
        return {"token_url": f"{self.address}/token", "client_id": CLIENT, "client_secret": SECRET, "scope": "topics"}

    @property
    def key_set(self) -> str:
        """The keys that verify its signatures (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        parts = {name: _encoded(value.to_bytes(-(-value.bit_length() // 8))) for name, value in _parts(numbers)}
        return json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID} | parts]})

    def answer(self, form: dict[str, str], authorization: str | None) -> tuple[int, Any]:
        """The status and body of an answer."""
        self.asked.append(form)
        if self.faults:
            return self.faults.pop(0)
        if authorization != BY_NAME or form.get("grant_type") != "client_credentials":
            return REFUSED
        self.given.append(self._token(form.get("scope", "")))
        return 200, {"access_token": self.given[-1], "token_type": "Bearer", "expires_in": self.lasts}

    def _token(self, scope: str) -> str:
        now = int(time.time())
        claims = {"sub": CLIENT, "iat": now, "exp": now + self.lasts, "scope": scope, "jti": str(len(self.given))}
        head = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        return f"{signed}.{_encoded(self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


@contextmanager
def giving_tokens(endpoint: TokenEndpoint) -> Iterator[TokenEndpoint]:
    """Serve it until the block ends, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, body = endpoint.answer(dict(parse_qsl(form)), self.headers["Authorization"])
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()


def _parts(numbers: rsa.RSAPublicNumbers) -> list[tuple[str, int]]:
    return [("n", numbers.n), ("e", numbers.e)]


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
