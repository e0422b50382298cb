"""Fetches a file from its address, to the end or not at all."""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jobs.ingest.patience import SILENCE_SECONDS, may_pass, patiently
from shared.errors import SourceContentError
from shared.web_addresses import is_web, told

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE_SECONDS = 600
CHUNK_BYTES = 256 * 1024
SUFFIXES = (".csv.gz", ".csv", ".zip")


@dataclass(frozen=True)
class Download:
    """A fetched file, the hash of its bytes, and how often it was asked for until it came whole."""

    path: Path
    sha256: str
    requests: int

    @property
    def name(self) -> str:
        """A name that tells the content and how it is packed."""
        suffix = next((s for s in SUFFIXES if self.path.name.endswith(s)), ".csv")
        return self.sha256 + suffix


@contextmanager
def downloaded(address: str, asked: str) -> Iterator[Download]:
    """A file from its address, there until the block ends.

    Args:
        address: An http(s) address.
        asked: What is fetched, as the error will tell it.

    Raises:
        SourceUnavailableError: no whole answer came, though asked for several times.
        SourceContentError: the address is refused or unknown over there, or is no web address.
    """
    parts = urlsplit(address)
    if not is_web(address):
        raise SourceContentError(
            f"{asked}: not a web address", given=f"{parts.scheme}://", expected="http:// or https://"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder, Path(parts.path).name or "file.csv")
        yield Download(path, *_fetch_patiently(address, path, asked))


def _fetch_patiently(address: str, path: Path, asked: str) -> tuple[str, int]:
    place, requests = told(address), 0

    def once() -> str:
        nonlocal requests
        requests += 1
        return _fetch(address, path)

    return patiently(once, lambda error: _passing(error, asked, place), f"{asked}, {place}"), requests


def _passing(error: urllib.error.HTTPError, asked: str, place: str) -> str:
    """The fault in words if it may pass; raises if not."""
    error.close()
    if may_pass(error):
        return f"status {error.code}"
    raise SourceContentError(
        f"{asked}: the address does not give the file",
        given=f"status {error.code} from {place}",
        expected="status 200",
        mend="change the address in the source's parameter",
    ) from None


def _fetch(address: str, path: Path) -> str:
    """Write the answer down and give its hash; the time for the whole is limited, and that for each silence."""
    deadline = time.monotonic() + WHOLE_SECONDS
    digest = hashlib.sha256()
    request = urllib.request.Request(address, headers={"User-Agent": "lakewright"})  # noqa: S310 - checked by the caller
    with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as answer, path.open("wb") as file:  # noqa: S310
        expected = answer.length
        while chunk := answer.read(CHUNK_BYTES):
            if time.monotonic() > deadline:
                raise TimeoutError(f"more than {WHOLE_SECONDS} s")
            digest.update(chunk)
            file.write(chunk)
        if expected is not None and file.tell() != expected:
            raise http.client.IncompleteRead(b"", expected - file.tell())
    return digest.hexdigest()
