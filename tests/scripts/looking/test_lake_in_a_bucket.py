"""A lake in a bucket can be looked at like one in a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.runtime import aws
from scripts.looking.errors import WrongRequestError
from scripts.looking.files import find_files, read_text
from scripts.looking.lake import open_lake
from scripts.looking.quarantine import overview
from scripts.looking.query import select
from scripts.looking.runs import all_runs
from scripts.looking.tables import all_statuses
from scripts.looking.trace import trace
from scripts.looking.vault import leave_record, turn_back
from scripts.setup import paths
from shared.errors import TerminalError
from shared.vault import vault_location
from tests.support.hand_made_lake import FIRST, RED, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(lake) -> Iterator[str]:
    """The shop's lake, copied to a local S3 server."""
    # delta-rs holds Python's lock while it waits for S3, so the server must be another process.
    with server() as address, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", address)
        environment.setenv("AWS_ALLOW_HTTP", "true")
        environment.setenv("AWS_REGION", "us-east-1")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        # Clients of earlier tests do not know this server, and later tests must not use it.
        aws._client.cache_clear()
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="shop-lake")
        for file in (file for file in Path(lake.root).rglob("*") if file.is_file()):
            s3.upload_file(str(file), "shop-lake", f"deep/{file.relative_to(lake.root).as_posix()}")
        yield "s3://shop-lake/deep"
        aws._client.cache_clear()


@contextmanager
def server() -> Iterator[str]:
    """Run the local account as a process, and yield its address."""
    command = [sys.executable, "-m", "scripts.local.server"]
    with subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout
        yield run.stdout.readline().strip().partition("=")[2]
        run.terminate()


def test_lake_in_a_bucket_answers_like_one_in_a_folder(bucket, lake, catalog):
    there = open_lake(f"{bucket}/")

    assert [UNFINISHED, RED, FIRST] == [run.run_id for run in all_runs(there)]
    assert lake.names() == there.names()
    assert all_statuses(lake, catalog) == all_statuses(there, catalog)
    assert overview(lake, catalog) == overview(there, catalog)
    sql = "SELECT * FROM silver.orders JOIN gold.sales USING (order_id) ORDER BY ALL"
    assert select(lake, sql) == select(there, sql)
    row = catalog.table("gold.sales"), {"order_id": "1", "line_number": "1"}
    assert trace(lake, catalog, *row) == trace(there, catalog, *row)


def test_prefix_without_a_lake_is_refused(bucket):
    with pytest.raises(WrongRequestError, match="there is no lake at s3://shop-lake/other"):
        open_lake("s3://shop-lake/other")


def test_bucket_that_is_not_there_is_told(bucket):
    with pytest.raises(TerminalError, match="given: NoSuchBucket"):
        open_lake("s3://no-such-lake")


def test_tokens_are_turned_back_by_a_vault_in_a_bucket_and_the_principal_is_recorded(
    bucket, catalog, tmp_path, monkeypatch
):
    customers = catalog.table("silver.customers")
    write_deltalake(tmp_path / "vault", pa.table({"token": ["tok:k1:aa"], "value": ["Ann"]}))
    s3 = boto3.client("s3")
    for file in (file for file in (tmp_path / "vault").rglob("*") if file.is_file()):
        key = vault_location("personal", customers.name) + f"/{file.relative_to(tmp_path / 'vault').as_posix()}"
        s3.upload_file(str(file), "shop-lake", key)
    monkeypatch.setenv("LAKEWRIGHT_PII_ROOT", "s3://shop-lake/personal/")
    there = open_lake(bucket)

    values = turn_back(there, customers, ["tok:k1:bb", "tok:k1:aa"])
    leave_record(there, "silver.customers.name", values, None)

    assert {"tok:k1:bb": None, "tok:k1:aa": "Ann"} == values
    [record] = find_files(f"{bucket}/detokenizations")
    told = json.loads(read_text(record.location))
    assert boto3.client("sts").get_caller_identity()["Arn"] == told["by"]
    assert (["tok:k1:bb", "tok:k1:aa"], 1) == (told["tokens"], told["known"])
