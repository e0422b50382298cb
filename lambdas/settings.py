"""Reads a function's environment variables into its typed model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Settings(BaseModel):
    """The environment variables of one function; each field's alias is the variable's name."""

    model_config = ConfigDict(frozen=True, extra="ignore")


SettingsT = TypeVar("SettingsT", bound=Settings)


def read_settings(model: type[SettingsT], variables: Mapping[str, str] = os.environ) -> SettingsT:
    """Read a function's settings.

    Raises:
        TerminalError: a variable is missing or wrong; the error names it.
    """
    try:
        return model.model_validate(dict(variables))
    except ValidationError as error:
        first = error.errors()[0]
        raise TerminalError(
            f"environment variable {first['loc'][0]}: {first['msg']}",
            expected="what its stack gives this function",
            mend="deploy the environment again, and change variables in infra/ alone",
        ) from error
