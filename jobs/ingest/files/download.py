"""Downloads a file from its address, whole or not at all."""

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

from jobs.ingest.http_retry import READ_TIMEOUT_SECONDS, is_transient, with_retries
from shared.errors import SourceContentError
from shared.web_addresses import is_web, without_login

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE_SECONDS = 600
CHUNK_BYTES = 256 * 1024
SUFFIXES = (".csv.gz", ".csv", ".zip")


@dataclass(frozen=True)
class Download:
    """A downloaded file, the hash of its bytes, and the number of requests until it came whole."""

    path: Path
    sha256: str
    requests: int

    @property
    def name(self) -> str:
        """A name made of the content's hash and the suffix."""
        suffix = next((s for s in SUFFIXES if self.path.name.endswith(s)), ".csv")
        return self.sha256 + suffix


@contextmanager
def downloaded(address: str, error_context: str) -> Iterator[Download]:
    """Download a file, which is removed when the block ends.

    Args:
        address: An http(s) address.
        error_context: What is downloaded; errors begin with it.

    Raises:
        SourceUnavailableError: no whole answer came in any of the attempts.
        SourceContentError: the server refuses the address or does not know it, or it is no web address.
    """
    parts = urlsplit(address)
    if not is_web(address):
        raise SourceContentError(
            f"{error_context}: not a web address", given=f"{parts.scheme}://", expected="http:// or https://"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder, Path(parts.path).name or "file.csv")
        yield Download(path, *_fetch_with_retries(address, path, error_context))


def _fetch_with_retries(address: str, path: Path, error_context: str) -> tuple[str, int]:
    place, requests = without_login(address), 0

    def once() -> str:
        nonlocal requests
        requests += 1
        return _fetch(address, path)

    context = f"{error_context}, {place}"
    return with_retries(once, lambda error: _transient_fault(error, error_context, place), context), requests


def _transient_fault(error: urllib.error.HTTPError, error_context: str, place: str) -> str:
    """Describe a fault that is worth a retry; raise for any other."""
    error.close()
    if is_transient(error):
        return f"status {error.code}"
    raise SourceContentError(
        f"{error_context}: the address does not give the file",
        given=f"status {error.code} from {place}",
        expected="status 200",
        mend="change the address in the source's parameter",
    ) from None


def _fetch(address: str, path: Path) -> str:
    """Save the answer and return its hash; there is a limit to the whole time, and to each wait for bytes."""
    deadline = time.monotonic() + WHOLE_SECONDS
    digest = hashlib.sha256()
    request = urllib.request.Request(address, headers={"User-Agent": "lakewright"})  # noqa: S310 - checked by the caller
    with urllib.request.urlopen(request, timeout=READ_TIMEOUT_SECONDS) as answer, path.open("wb") as file:  # noqa: S310
        expected = answer.length
        while chunk := answer.read(CHUNK_BYTES):
            if time.monotonic() > deadline:
                raise TimeoutError(f"more than {WHOLE_SECONDS} s")
            digest.update(chunk)
            file.write(chunk)
        if expected is not None and file.tell() != expected:
            raise http.client.IncompleteRead(b"", expected - file.tell())
    return digest.hexdigest()
