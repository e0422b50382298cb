"""What a batch cost its source: requests and bytes, counted where they are made and told in the run's outcome."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fetched:
    """What was asked of a source for one batch, and how much came; None where the source's client does not tell.

    `requests` are calls that a batch cannot do without: statements and parts of their results, files, HTTP requests.
    """

    requests: int | None = None
    bytes: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """What is known, by name."""
        known = {"requests": self.requests, "bytes": self.bytes}
        return {name: count for name, count in known.items() if count is not None}


@dataclass
class Tally:
    """Counts of one partition, which grow while it is read."""

    requests: int = 0
    bytes: int = 0
