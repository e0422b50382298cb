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
from typing import IO, TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from jobs.ingest.formats.delimited import EndlessCellError
from jobs.ingest.formats.delimited_rows import DelimitedText
from jobs.ingest.landing import S3, file_token, split_s3
from jobs.runtime.aws import aws_answers, client, error_code
from shared.errors import ContractError, SourceContentError, SourceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.ingest.landing import LandedFile

PACKING_FAULTS = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
CHANGED = {"PreconditionFailed", "NoSuchKey", "404", "412"}
BUFFER_BYTES = 1024 * 1024
MARKS = {
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16"),
    "utf-32-le": (codecs.BOM_UTF32_LE, "utf-32"),
    "utf-32-be": (codecs.BOM_UTF32_BE, "utf-32"),
}


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
        SourceContentError: it is an archive without a file that can be read, or with two of one name.
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
    return io.TextIOWrapper(stream, encoding=_decoder(stream, codec), errors="surrogateescape", newline="")


def _decoder(stream: IO[bytes] | gzip.GzipFile, codec: str) -> str:
    """The codec that drops a byte order mark. Of UTF-16LE and its like none does, but the one that goes by the mark."""
    if codec == "utf-8":
        return "utf-8-sig"
    mark, by_mark = MARKS.get(codec, (b"", codec))
    return by_mark if mark and cast("io.BufferedReader", stream).peek(len(mark)).startswith(mark) else codec


def _members(key: str, stream: IO[bytes], codec: str, suffixes: tuple[str, ...]) -> Iterator[DelimitedText]:
    # An archive's directory is at its end, so it has to be on disk first.
    with tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(stream, whole)
        with zipfile.ZipFile(whole) as archive:
            for wanted in _wanted(key, archive, suffixes):
                with _member(archive, wanted) as member:
                    yield DelimitedText(f"{key}!{wanted.filename}", _text(member, codec), codec)


def _wanted(key: str, archive: zipfile.ZipFile, suffixes: tuple[str, ...]) -> list[zipfile.ZipInfo]:
    listed = archive.infolist()
    found = [m for m in listed if m.filename.lower().endswith(suffixes) and not m.filename.startswith("__MACOSX/")]
    if not found:
        given = ", ".join(m.filename for m in listed) or "nothing"
        raise SourceContentError(f"{key}: the archive holds no {' or '.join(suffixes)}", given=given)
    names = [m.filename for m in found]
    # The last of them may be what the others are to be replaced by, or something else.
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise SourceContentError(
            f"{key}: the archive holds several files of one name",
            given=", ".join(doubled),
            expected="names that differ",
            mend="have the archive packed anew",
        )
    return found


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
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
