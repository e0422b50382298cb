"""A copy of the lake in another region."""

from __future__ import annotations

from pydantic import Field

from shared.config.settings import Settings


class Replica(Settings):
    """Where every file of the lake is copied to, as it is written: a `region` that is not the lake's own."""

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
