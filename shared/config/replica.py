"""A copy of the lake in another region."""

from __future__ import annotations

from pydantic import Field

from shared.config.settings import Settings


class Replica(Settings):
    """The `region`, not the lake's own, to which every file of the lake is copied as it is written."""

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
