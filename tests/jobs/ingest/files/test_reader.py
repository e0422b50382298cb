"""New, changed and late files are read, each once; what is no row in them is said and kept."""

import gzip
import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.files.reader import FilesRead, read_files
from jobs.ingest.landing import LandedFile
from shared.contracts import Disposition, Source
from shared.errors import SchemaDriftError, SourceContentError, SourceUnavailableError
from tests.support.workbooks import workbook

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
TOKEN = "t"
DAY = timedelta(days=1)
THINGS = Source(system="crm", type="s3", object="Thing", location="s3://landing/crm/things/*.csv*", format="csv")
COLUMNS = {"id": "string", "name": "string"}


def parquet(**columns):
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


def landed(key, modified, token=TOKEN):
    return LandedFile(key, f"/landing/{key}", token, modified, 1)


def after(files, lag_seconds=0):
    return FilesRead.from_position(None, lag_seconds).position(files)


@pytest.mark.parametrize(
    "lag_seconds, position, files, fresh",
    [
        pytest.param(0, None, [landed("a", NOON)], ["a"], id="first time"),
        pytest.param(0, after([landed("a", NOON)]), [landed("a", NOON)], [], id="read before"),
        pytest.param(0, after([landed("a", NOON)]), [landed("a", NOON, "u")], ["a"], id="changed"),
        pytest.param(0, after([landed("a", NOON)]), [landed("b", NOON - 99 * DAY)], ["b"], id="late, no lag"),
        pytest.param(86400, after([landed("a", NOON)], 86400), [landed("b", NOON - DAY)], ["b"], id="late, in the lag"),
        pytest.param(
            86400, after([landed("a", NOON)], 86400), [landed("b", NOON - 2 * DAY)], [], id="older than the lag"
        ),
        pytest.param(
            86400,
            after([landed("a", NOON), landed("b", NOON - DAY)], 86400),
            [landed("a", NOON), landed("b", NOON - DAY, "u"), landed("c", NOON + DAY)],
            ["b", "c"],
            id="new and changed among old",
        ),
    ],
)
def test_files_that_are_new_changed_or_late_are_fresh(lag_seconds, position, files, fresh):
    assert fresh == [f.key for f in FilesRead.from_position(position, lag_seconds).fresh(files)]


def test_a_position_holds_the_files_of_the_lag_only():
    files = [landed("old", NOON - 5 * DAY), landed("edge", NOON - DAY), landed("new", NOON)]
    expected = {"files": {"edge": "t", "new": "t"}, "modified_upto": "2026-01-10T12:00:00+00:00"}
    assert expected == after(files, 86400)


def test_a_position_without_lag_holds_files_that_are_gone_too():
    known = FilesRead.from_position(after([landed("gone", NOON)]), 0)
    assert {"gone": "t", "new": "t"} == known.position([landed("new", NOON)])["files"]


@pytest.fixture
def put(job):
    """Land a file, at a second of its own."""
    seconds = iter(range(100))

    def put_file(name, content):
        path = Path(job.landing_root, "crm/things", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = NOON.timestamp() + next(seconds)
        os.utime(path, (moment, moment))
        return path

    return put_file


@pytest.fixture
def read(session, table_of, job):
    """Read the things from a position on."""

    def read_things(position=None, columns=COLUMNS, source=THINGS, disposition=Disposition.APPEND):
        return read_files(session, table_of(columns, source, disposition), job, position)

    return read_things


@pytest.fixture
def rows(staged):
    return lambda reading: sorted((tuple(row) for row in staged(reading)[0].collect()), key=lambda row: row[2])


@pytest.mark.slow
def test_each_file_is_read_once(read, rows, put):
    assert read() is None
    put("1.csv", b"\xef\xbb\xbfId,NAME\r\n1,a\r\n")
    first = read()
    assert [("1", "a", "crm/things/1.csv#2", None, None, [])] == rows(first)
    assert read(first.position) is None
    put("2.csv", b'name,new,id\n"b\nc",n,2\nd\n')
    second = read(first.position)
    assert [
        ("2", "b\nc", "crm/things/2.csv#2", '{"new": "n"}', None, []),
        (None, None, "crm/things/2.csv#4", None, "d", ["short row: 1 of 3 fields"]),
    ] == rows(second)
    assert {"crm/things/1.csv", "crm/things/2.csv"} == set(second.position["files"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "format_, content, line",
    [
        pytest.param("json", b'{"id": "1", "name": "a"}', "#1", id="json"),
        pytest.param("excel", workbook(("id", "name"), (1, "a")), "#2", id="excel"),
        pytest.param("parquet", parquet(id=["1"], name=["a"]), "#1", id="parquet"),
    ],
)
def test_the_contract_says_what_format_files_have(read, put, format_, content, line, *, rows):
    name = f"1.{format_}"
    put(name, content)
    reading = read(source=replace(THINGS, format=format_, location=f"s3://landing/crm/things/*.{format_}"))
    assert [("1", "a", f"crm/things/{name}{line}", None, None, [])] == rows(reading)


@pytest.mark.slow
def test_a_table_that_is_a_snapshot_reads_the_newest_file(read, rows, put):
    put("1.csv", b"id,name\n1,a\n")
    put("2.csv", b"id,name\n2,b\n")
    reading = read(disposition=Disposition.SNAPSHOT)
    assert ["2"] == [row[0] for row in rows(reading)]
    assert {"crm/things/1.csv", "crm/things/2.csv"} == set(reading.position["files"])


@pytest.mark.slow
def test_a_table_that_is_a_snapshot_does_not_go_back_to_an_older_file(read, rows, put, job):
    put("1.csv", b"id,name\n1,a\n")
    put("2.csv", b"id,name\n2,b\n")
    position = read(disposition=Disposition.SNAPSHOT).position
    # Copied late, with the time that it had.
    late = put("0.csv", b"id,name\n0,z\n")
    os.utime(late, (NOON.timestamp() - 60,) * 2)
    assert read(position, disposition=Disposition.SNAPSHOT) is None
    # Nor is it the newest because what was newer has gone.
    for name in ("1.csv", "2.csv"):
        (late.parent / name).unlink()
    assert read(position, disposition=Disposition.SNAPSHOT) is None
    put("0.csv", b"id,name\n0,y\n")
    assert ["0"] == [row[0] for row in rows(read(position, disposition=Disposition.SNAPSHOT))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "content, words",
    [
        pytest.param(b"", "there is no header", id="empty file"),
        pytest.param(gzip.compress(b"id\n1\n"), "columns are missing from the header: name", id="no name"),
        pytest.param(gzip.compress(b"id,name\n" * 99)[:-9], "the file is packed, and not whole", id="half a file"),
    ],
)
def test_a_file_that_does_not_fit_fails_its_table(read, failure, put, content, words):
    put("x.csv.gz", content)
    error = failure(read())
    assert (SchemaDriftError if "missing" in words else SourceContentError) is type(error)
    assert str(error).startswith(f"bronze.crm__things: crm/things/x.csv.gz: {words}")


@pytest.mark.slow
def test_a_file_that_changes_under_way_is_for_the_next_run(read, failure, put):
    put("1.csv", b"id,name\n1,a\n")
    reading = read()
    put("1.csv", b"id,name\n1,a\n2,b\n")
    assert SourceUnavailableError is type(failure(reading))


@pytest.mark.slow
def test_files_are_read_from_a_bucket(session, rows, table_of, job, account):
    s3 = boto3.client("s3", endpoint_url=account)
    s3.create_bucket(Bucket="lake-landing")
    s3.put_object(Bucket="lake-landing", Key="crm/things/1.csv", Body=b"id,name\n1,a\n")
    there = job.model_copy(update={"landing_root": "s3://lake-landing"})
    reading = read_files(session, table_of(COLUMNS, THINGS), there, None)
    assert [("1", "a", "crm/things/1.csv#2", None, None, [])] == rows(reading)
    assert read_files(session, table_of(COLUMNS, THINGS), there, reading.position) is None
