"""A landed file is opened as it was listed, unpacked, and refused when it is not whole."""

import gzip
import io
import zipfile
from pathlib import Path

import boto3
import pytest

from jobs.ingest.formats.delimited import EndlessCellError
from jobs.ingest.formats.landed_stream import file_faults, open_texts
from jobs.ingest.landing import list_files
from shared.errors import ContractError, SourceContentError, SourceUnavailableError

TEXT = "id,name\n1,é\n" * 5000


def packed(*members: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members:
            archive.writestr(name, member)
    return content.getvalue()


def twice(name: str) -> bytes:
    """As `zip` and Python make one where a file is added anew."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed((name, b"id\n1\n"), (name, b"id\n2\n"))


def locked() -> bytes:
    """An archive whose member says it needs a password."""
    content = bytearray(packed(("a.csv", b"id\n")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.fixture(params=["folder", "bucket"])
def put(request, tmp_path):
    """Land a file and give its facts."""
    if request.param == "bucket":
        s3 = boto3.client("s3", endpoint_url=request.getfixturevalue("account"))
        s3.create_bucket(Bucket="lake-landing")

    def put_file(name, content):
        if request.param == "bucket":
            s3.put_object(Bucket="lake-landing", Key=name, Body=content)
            root = "s3://lake-landing"
        else:
            (tmp_path / name).write_bytes(content)
            root = str(tmp_path)
        [file] = list_files(f"s3://landing/{name}", root)
        return file

    return put_file


def texts(file, encoding="UTF-8"):
    with file_faults(file.key):
        return [(t.name, t.text.read(), t.encoding) for t in open_texts(file, encoding)]


@pytest.mark.parametrize(
    "name, content, expected",
    [
        pytest.param("a.csv", TEXT.encode(), [("a.csv", TEXT)], id="plain"),
        pytest.param("a.csv", b"\xef\xbb\xbf" + TEXT.encode(), [("a.csv", TEXT)], id="byte order mark"),
        pytest.param("a.csv.gz", gzip.compress(TEXT.encode()), [("a.csv.gz", TEXT)], id="gz"),
        pytest.param("a.csv.gz", gzip.compress(b"a") + gzip.compress(b"b"), [("a.csv.gz", "ab")], id="gz in two parts"),
        pytest.param(
            "a.zip",
            packed(("one.csv", TEXT.encode()), ("__MACOSX/one.csv", b"x"), ("notes.txt", b"y"), ("d/Two.CSV", b"z")),
            [("a.zip!one.csv", TEXT), ("a.zip!d/Two.CSV", "z")],
            id="zip",
        ),
        pytest.param("a.csv", b"", [("a.csv", "")], id="empty"),
    ],
)
def test_a_file_is_opened_as_text(put, name, content, expected):
    assert [(*text, "utf-8") for text in expected] == texts(put(name, content))


@pytest.mark.parametrize(
    "name, content, words",
    [
        pytest.param("a.csv.gz", gzip.compress(TEXT.encode())[:-20], "packed, and not whole", id="half a gz"),
        pytest.param("a.csv.gz", b"id,name\n", "packed, and not whole", id="no gz"),
        pytest.param("a.csv.gz", gzip.compress(b"id") + b"rest", "packed, and not whole", id="gz with a rest"),
        pytest.param("a.zip", packed(("a.csv", TEXT.encode()))[:-30], "packed, and not whole", id="half a zip"),
        pytest.param("a.zip", packed(("a.txt", b"x")), "the archive holds no .csv; given: a.txt", id="zip without csv"),
        pytest.param(
            "a.zip",
            twice("a.csv"),
            "the archive holds several files of one name; given: a.csv",
            id="zip with two files of one name",
        ),
        pytest.param("a.zip", locked(), "packed, and not whole", id="zip with a password"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(put, name, content, words):
    file = put(name, content)
    with pytest.raises(SourceContentError, match=name) as refused:
        texts(file)
    assert words in str(refused.value)


def test_a_file_that_has_changed_since_it_was_listed_is_for_the_next_run(put):
    file = put("a.csv", b"id\n1\n")
    put("a.csv", b"id\n1\n2\n")
    with pytest.raises(SourceUnavailableError, match=r"a\.csv: the file has changed or gone since it was listed"):
        texts(file)


def test_a_file_that_has_gone_is_for_the_next_run(tmp_path):
    path = Path(tmp_path, "a.csv")
    path.write_bytes(b"id\n")
    [file] = list_files("s3://landing/a.csv", str(tmp_path))
    path.unlink()
    with pytest.raises(SourceUnavailableError, match="changed or gone"):
        texts(file)


def test_an_encoding_that_is_not_known_is_refused(put):
    with pytest.raises(ContractError, match="the contract's encoding is not known; given: utf-9"):
        texts(put("a.csv", b""), "utf-9")


@pytest.mark.parametrize("encoding", ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "UTF-8"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.zip"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_byte_order_mark_is_dropped_whatever_the_encoding(tmp_path, encoding, name, mark):
    content = (mark + "id,é\n").encode(encoding)
    packing = {"a.csv": lambda c: c, "a.csv.gz": gzip.compress, "a.zip": lambda c: packed(("a.csv", c))}
    (tmp_path / name).write_bytes(packing[name](content))
    [file] = list_files(f"s3://landing/{name}", str(tmp_path))
    assert ["id,é\n"] == [text for _, text, _ in texts(file, encoding)]


def test_a_file_that_ends_within_a_character_is_told(put):
    """A byte that is none of UTF-8 is kept, and its row refused; where two bytes are a letter there is no such way."""
    with pytest.raises(SourceContentError, match=r"a\.csv: the file is not written in its encoding, .*: utf-16") as cut:
        texts(put("a.csv", "id\n1\n".encode("utf-16")[:-1]), "utf-16")
    assert "truncated data" in str(cut.value)


def test_a_quote_that_is_never_closed_names_file_and_line():
    with pytest.raises(SourceContentError, match=r"a\.csv: line 7: a cell of more than"), file_faults("a.csv"):
        raise EndlessCellError(7)
