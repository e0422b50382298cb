"""TLS certificates in the secret of a Kafka system, in PEM: of a private authority, and the client's own."""

from __future__ import annotations

import ssl
from tempfile import NamedTemporaryFile
from typing import Self

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import InvalidVersion, load_pem_x509_certificate, load_pem_x509_certificates
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

from jobs.ingest.source_secret import WANTED_KEY, read_private_key


class Certificates(BaseModel):
    """Certificates for servers of a private authority, and for mutual TLS.

    `ca` are the authorities to trust in place of the public ones. `certificate`, followed by its intermediates, and
    `private_key` are the client's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    ca: str | None = None
    certificate: str | None = None
    private_key: SecretStr | None = None

    @field_validator("ca", "certificate")
    @classmethod
    def _readable(cls, pem: str | None) -> str | None:
        if pem is None:
            return None
        try:
            found = load_pem_x509_certificates(pem.encode())
        except (ValueError, InvalidVersion):
            raise ValueError("certificates in PEM are needed, -----BEGIN CERTIFICATE-----") from None
        return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)

    @field_validator("private_key")
    @classmethod
    def _usable(cls, pem: SecretStr | None) -> SecretStr | None:
        """The key in PKCS #8, the only form that Kafka's client reads."""
        if pem is None:
            return None
        key = read_private_key(pem.get_secret_value())
        if key is None:
            raise ValueError(WANTED_KEY)
        return SecretStr(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate is None) is not (self.private_key is None):
            raise ValueError("certificate and private_key: both or none")
        if self.certificate is None and self.ca is None:
            raise ValueError("ca, or certificate and private_key, are needed")
        if self.certificate is not None and self.private_key is not None and not self._are_one_pair():
            raise ValueError("private_key is not that of the first certificate")
        return self

    def _are_one_pair(self) -> bool:
        own = load_pem_x509_certificate((self.certificate or "").encode()).public_key()
        key = load_pem_private_key(self._key().encode(), password=None).public_key()
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return own.public_bytes(*form) == key.public_bytes(*form)

    def _key(self) -> str:
        return self.private_key.get_secret_value() if self.private_key else ""

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a Kafka client in Java."""
        settings: dict[str, str] = {}
        if self.ca is not None:
            settings |= {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": self.ca}
        if self.certificate is not None:
            settings |= {"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": self.certificate}
            settings["ssl.keystore.key"] = self._key()
        return settings

    def context(self) -> ssl.SSLContext:
        """The TLS context of a client in Python."""
        context = ssl.create_default_context(cadata=self.ca)
        if self.certificate is not None:
            # Python reads it from a file only; nobody else can read this one, and it is deleted at once.
            with NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(self._key() + self.certificate)
                file.flush()
                context.load_cert_chain(file.name)
        return context
