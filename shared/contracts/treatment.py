"""What is done to a personal value before it leaves the place of personal data."""

from __future__ import annotations

from enum import StrEnum


class Treatment(StrEnum):
    """The custom property `treatment` of a classified column."""

    HMAC = "hmac"
    MASK_LAST4 = "maskLast4"
    MASK_EMAIL = "maskEmail"
    YEAR = "year"
    PREFIX3 = "prefix3"
    TOKENIZE = "tokenize"
    DROP = "drop"

    @property
    def clear_type(self) -> str | None:
        """The type of the clear value, as rules see it; None where it is the column's own."""
        return {Treatment.YEAR: "date", Treatment.DROP: None}.get(self, "string")

    @property
    def stored_type(self) -> str | None:
        """The type of the treated value; None where nothing is stored."""
        return {Treatment.YEAR: "int", Treatment.DROP: None}.get(self, "string")

    @property
    def is_joinable(self) -> bool:
        """Whether equal values stay equal and different ones different, so that the column may be a key."""
        return self in (Treatment.HMAC, Treatment.TOKENIZE)

    @property
    def needs_key(self) -> bool:
        """Whether it is computed with the lake's key of personal data."""
        return self.is_joinable
