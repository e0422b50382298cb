"""What all settings are: frozen, and without keys that nobody reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A part of an environment's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
