"""Existing KMS keys for the lake to use."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from shared.config.settings import Settings

_KEY = re.compile(r"arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/(mrk-)?[0-9a-f-]+")


def _is_of_a_key(arn: str) -> str:
    """Refuse anything but the ARN of a key; an alias does not do, since the policies of roles name the key itself."""
    if not _KEY.fullmatch(arn):
        raise ValueError("the ARN of a key is wanted, arn:aws:kms:REGION:ACCOUNT:key/ID, and no alias")
    return arn


KeyArn = Annotated[str, AfterValidator(_is_of_a_key)]


class Keys(Settings):
    """Existing keys instead of those that the stack would make: one for the lake, one for personal data alone.

    Each must be symmetric and in the lake's region, and its policy must admit its users: the stack cannot change it.
    """

    lake: KeyArn | None = None
    personal: KeyArn | None = None

    @model_validator(mode="after")
    def _keep_apart(self) -> Self:
        if self.lake and self.lake == self.personal:
            raise ValueError("personal data needs a key of its own, which is not the lake's: name another, or none")
        return self
