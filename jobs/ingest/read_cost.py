"""What reading a batch cost its source: requests and bytes, as the run's outcome shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadCost:
    """Requests to a source for one batch, and bytes that came; None where the source's client does not count them.

    `requests` counts statements and the parts of their results, files, or HTTP requests.
    """

    requests: int | None = None
    bytes: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The figures that are known, by name."""
        known = {"requests": self.requests, "bytes": self.bytes}
        return {name: count for name, count in known.items() if count is not None}


@dataclass
class Tally:
    """The running count of one part of a source, which a worker adds to while it reads the part."""

    requests: int = 0
    bytes: int = 0
