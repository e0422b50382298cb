"""The base of all settings: frozen, and without unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A part of an environment's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
