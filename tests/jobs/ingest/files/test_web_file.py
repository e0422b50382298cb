"""A published file is read when its content has changed, and kept in the landing place as it was."""

import io
import zipfile
from pathlib import Path

import boto3
import pytest

from jobs.ingest.files.web_file import read_web_file
from jobs.ingest.read_cost import ReadCost
from scripts.sources.http_files import FileServer
from shared.contracts import Source
from shared.errors import SourceUnavailableError

pytestmark = pytest.mark.slow

COLUMNS = {"date": "string", "usd": "string"}


def archive(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        packed.writestr(zipfile.ZipInfo("rates.csv"), text)
    return content.getvalue()


def rates(location="http://127.0.0.1:1/none.zip"):
    return Source(system="ecb", type="api", object="rates", location=location, format="csv")


@pytest.fixture
def web(account):
    server = FileServer()
    server.start()
    address = server.address("rates.zip")
    boto3.client("ssm", endpoint_url=account).put_parameter(
        Name="/lakewright/local/sources/ecb", Value=address, Type="String"
    )
    yield server
    server.stop()


@pytest.fixture
def rows(staged):
    return lambda reading: [tuple(row) for row in staged(reading)[0].collect()]


def test_a_file_is_read_when_it_has_changed(session, table_of, job, web, *, rows, staged):
    table = table_of(COLUMNS, rates())
    web.files["rates.zip"] = archive("Date,USD,\n2026-01-02,1.1,\n2026-01-01,N/A,\n")
    first = read_web_file(session, table, job, None)
    name = f"{first.position['sha256']}.zip"
    assert [
        ("2026-01-02", "1.1", f"ecb/{name}!rates.csv#2", None, None, []),
        ("2026-01-01", "N/A", f"ecb/{name}!rates.csv#3", None, None, []),
    ] == rows(first)
    assert ReadCost(requests=1, bytes=len(web.files["rates.zip"])) == staged(first)[1]
    assert web.files["rates.zip"] == Path(job.landing_root, "ecb", name).read_bytes()
    assert read_web_file(session, table, job, first.position) is None
    web.files["rates.zip"] = archive("Date,USD,\n2026-01-03,1.2,\n")
    second = read_web_file(session, table, job, first.position)
    assert ["2026-01-03"] == [row[0] for row in rows(second)]


def test_a_batch_can_be_read_again_after_the_source_has_moved_on(session, rows, table_of, job, web):
    web.files["rates.zip"] = archive("Date,USD,\n2026-01-02,1.1,\n")
    reading = read_web_file(session, table_of(COLUMNS, rates()), job, None)
    web.stop()
    assert rows(reading) == rows(reading)


@pytest.mark.usefixtures("account")
def test_without_a_parameter_the_contracts_address_is_taken(session, rows, table_of, job):
    server = FileServer()
    server.start()
    server.files["rates.csv"] = b"date,usd\n2026-01-02,1.1\n"
    try:
        reading = read_web_file(session, table_of(COLUMNS, rates(server.address("rates.csv"))), job, None)
    finally:
        server.stop()
    assert ["2026-01-02"] == [row[0] for row in rows(reading)]


@pytest.mark.usefixtures("account")
def test_a_source_that_is_down_is_told_by_table_and_system(session, table_of, job, monkeypatch):
    monkeypatch.setattr("jobs.ingest.http_retry.FIRST_PAUSE_SECONDS", 0.001)
    with pytest.raises(SourceUnavailableError, match=r"bronze\.crm__things from ecb, http.*: no whole answer"):
        read_web_file(session, table_of(COLUMNS, rates()), job, None)
