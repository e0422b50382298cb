"""Parses the secret of a source system into its model; errors name the faulty keys and never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterable


class SourceSecret(BaseModel):
    """The JSON in the secret of a source system.

    Attributes:
        system: The system's name, for errors.
        form: The keys that are needed, in words, for errors.
    """

    system: ClassVar[str]
    form: ClassVar[str]

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


SecretT = TypeVar("SecretT", bound=SourceSecret)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
WANTED_KEY = "an RSA or EC key in PEM, without a password, is needed"


def parse_secret(model: type[SecretT], text: str, secret: str) -> SecretT:
    """Parse the text of a secret.

    Args:
        model: The model it has to fit.
        text: The secret's value.
        secret: Its name.

    Raises:
        TerminalError: it does not fit the model; the error names keys, never values.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise malformed(model, secret, faults_by_key(error)) from None


def malformed(model: type[SourceSecret], secret: str, faults: Iterable[str]) -> TerminalError:
    """The error for a secret that does not fit its model."""
    return TerminalError(
        f"the secret {secret} is not a {model.system} connection",
        given=", ".join(faults),
        expected=model.form,
        mend="put it again with `./lake secrets put`",
    )


def read_private_key(pem: str) -> PrivateKey | None:
    """The private key that a text holds in PEM; None if it holds none, one with a password, or neither RSA nor EC."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, PrivateKey) else None


def faults_by_key(error: ValidationError, *, say: Literal["type", "msg"] = "type") -> list[str]:
    """What pydantic found, as `key.subkey: fault` and without values; `text` stands for the whole.

    Args:
        error: The error; its model hides the input.
        say: Whether a fault is told by its type, such as `missing`, or in a sentence.
    """
    return [f"{'.'.join(map(str, e['loc'])) or 'text'}: {e[say]}" for e in error.errors()]
