"""Reads the secret of a source into its model, and never tells what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Connection(BaseModel):
    """What the secret of a source holds, as JSON; `system` and `form` tell it in words."""

    system: ClassVar[str]
    form: ClassVar[str]

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


ConnectionT = TypeVar("ConnectionT", bound=Connection)


def parse_secret(model: type[ConnectionT], text: str, secret: str) -> ConnectionT:
    """Read the text of a secret.

    Args:
        model: The form it has to have.
        text: The secret's value.
        secret: Its name.

    Raises:
        TerminalError: it is not of that form; the error names keys, never values.
    """
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['type']}" for e in error.errors())
        raise malformed(model, secret, faults) from None


def malformed(model: type[Connection], secret: str, faults: Iterable[str]) -> TerminalError:
    """The error for a secret that is not of its form."""
    return TerminalError(
        f"the secret {secret} is not a {model.system} connection",
        given=", ".join(faults),
        expected=model.form,
        mend="put it again with `aws secretsmanager put-secret-value`",
    )
