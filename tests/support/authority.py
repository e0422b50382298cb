"""A private certificate authority, and the certificates that it signs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    private_key: str


@dataclass
class Authority:
    """Signs certificates for this machine's loopback address."""

    name: str = "private"
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def ca(self) -> str:
        """Its own certificate."""
        return self._signed(self._named(self.name), self._key, is_ca=True)

    def pair(self, name: str, form: PrivateFormat = PrivateFormat.PKCS8) -> Pair:
        """A certificate and key for a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        written = key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
        return Pair(self._signed(self._named(name), key), written)

    def context(self, folder: Path, *, asks_clients: bool) -> ssl.SSLContext:
        """A TLS context for a server on the loopback address, which may require clients to have certificates too."""
        own, context = self.pair("server"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (folder / "server.pem").write_text(own.private_key + own.certificate)
        context.load_cert_chain(folder / "server.pem")
        if asks_clients:
            context.load_verify_locations(cadata=self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool = False) -> str:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(hours=1))
            .not_valid_after(NOW + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        )
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()

    @staticmethod
    def _named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
