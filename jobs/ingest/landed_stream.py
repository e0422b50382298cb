"""Opens a landed file as text or as a local copy: the version that was listed, decompressed, never whole in memory."""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from botocore.exceptions import ClientError

from jobs.ingest.delimited import EndlessCellError
from jobs.ingest.delimited_rows import DelimitedText
from jobs.ingest.landing import S3, file_token, split_s3
from jobs.runtime.aws import aws_answers, client, error_code
from shared.errors import ContractError, SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.ingest.landing import LandedFile

PACKING_FAULTS = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
CHANGED = {"PreconditionFailed", "NoSuchKey", "404", "412"}
BUFFER_BYTES = 1024 * 1024


@contextmanager
def file_faults(key: str) -> Iterator[None]:
    """Turn the faults of reading a landed file into LakewrightErrors; wrap the whole of the reading in it.

    Raises:
        SourceUnavailableError: S3 stopped answering.
        SourceContentError: the file is a damaged archive, is cut within a character, or has a quote that is never
            closed.
    """
    try:
        with aws_answers(key):
            yield
    except PACKING_FAULTS as error:
        raise SourceContentError(
            f"{key}: the file is packed, and not whole or not readable",
            given=f"{type(error).__name__}: {error}",
            expected="a whole file",
            mend="have the file sent again",
        ) from None
    except UnicodeDecodeError as error:  # other encodings keep undecodable bytes as they are
        raise SourceContentError(
            f"{key}: the file is not written in its encoding, or not whole",
            given=error.reason,
            expected=error.encoding,
            mend="have the file sent again, or say in the contract how it is written",
        ) from None
    except EndlessCellError as error:
        raise SourceContentError(
            f"{key}: {error}", expected="a closing quote", mend="have the file sent again"
        ) from None


def open_texts(file: LandedFile, encoding: str, suffixes: tuple[str, ...] = (".csv",)) -> Iterator[DelimitedText]:
    """The texts of a file: its own, decompressed if it is a .gz, or those of its members if it is a .zip.

    Args:
        file: The file as it was listed.
        encoding: Its encoding; a byte order mark is dropped.
        suffixes: Which members of an archive to open.

    Raises:
        SourceUnavailableError: it has changed or gone since it was listed.
        SourceContentError: it is an archive without a file that can be read.
        ContractError: there is no such encoding.
    """
    codec, name = _codec(encoding, file.key), file.location.lower()
    with _opened(file) as stream:
        if name.endswith(".zip"):
            yield from _members(file.key, stream, codec, suffixes)
        elif name.endswith(".gz"):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield DelimitedText(file.key, _text(unpacked, codec), codec)
        else:
            yield DelimitedText(file.key, _text(stream, codec), codec)


def _codec(encoding: str, key: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ContractError(
            f"{key}: the contract's encoding is not known", given=encoding, expected="a name such as UTF-8 or cp1252"
        ) from None


def _text(stream: IO[bytes] | gzip.GzipFile, codec: str) -> io.TextIOWrapper:
    decoder = "utf-8-sig" if codec == "utf-8" else codec
    return io.TextIOWrapper(stream, encoding=decoder, errors="surrogateescape", newline="")


def _members(key: str, stream: IO[bytes], codec: str, suffixes: tuple[str, ...]) -> Iterator[DelimitedText]:
    # An archive's directory is at its end, so it has to be on disk first.
    with tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(stream, whole)
        with zipfile.ZipFile(whole) as archive:
            names = [n for n in archive.namelist() if n.lower().endswith(suffixes) and not n.startswith("__MACOSX/")]
            if not names:
                given = ", ".join(archive.namelist()) or "nothing"
                raise SourceContentError(f"{key}: the archive holds no {' or '.join(suffixes)}", given=given)
            for name in names:
                with _member(archive, name) as member:
                    yield DelimitedText(f"{key}!{name}", _text(member, codec), codec)


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except RuntimeError as error:  # a password, or a compression that Python does not know
        raise zipfile.BadZipFile(str(error)) from None


@contextmanager
def copied(file: LandedFile) -> Iterator[Path]:
    """A local copy of a file, for formats that need random access.

    Raises:
        SourceUnavailableError: it has changed or gone since it was listed.
    """
    with _opened(file) as stream, tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "copy" + Path(file.location).suffix.lower())
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        yield path


@contextmanager
def _opened(file: LandedFile) -> Iterator[IO[bytes]]:
    if file.location.startswith(S3):
        with io.BufferedReader(_object(file), BUFFER_BYTES) as body:
            yield body
        return
    path = Path(file.location)
    if not path.exists() or file_token(path) != file.token:
        raise _changed(file.key)
    with path.open("rb") as stream:
        yield stream


def _object(file: LandedFile) -> io.RawIOBase:
    bucket, name = split_s3(file.location)
    try:
        answer = client("s3").get_object(Bucket=bucket, Key=name, IfMatch=file.token.rpartition(":")[0])
    except ClientError as error:
        if error_code(error) in CHANGED:
            raise _changed(file.key) from None
        raise
    body: io.RawIOBase = answer["Body"]
    return body


def _changed(key: str) -> SourceUnavailableError:
    return SourceUnavailableError(f"{key}: the file has changed or gone since it was listed", mend="run again")
