"""What a worker read is one file, whole or not there, in a folder and in a bucket alike."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest import parquet_writer
from jobs.ingest.parquet_writer import write_batches
from shared.errors import TerminalError

ROWS = pa.table(
    {
        "id": pa.array([1, None, 3], pa.int64()),
        "amount": pa.array([Decimal("1.2300"), None, Decimal("-999999999999999.9999")], pa.decimal128(19, 4)),
        "day": pa.array([date(1, 1, 1), None, date(9999, 12, 31)]),
        "at": pa.array([datetime(2026, 1, 1, 0, 0, 0, 1, UTC), None, None], pa.timestamp("us", "UTC")),
        "names": pa.array([["a", None], None, []], pa.list_(pa.string())),
    }
)


def test_batches_become_one_file_with_their_types(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_writer, "ROWS_PER_GROUP", 2)
    file = write_batches(iter(ROWS.to_batches(max_chunksize=1)), ROWS.schema, f"{tmp_path}/staged")
    found = pq.ParquetFile(file)
    assert (2, ROWS) == (found.num_row_groups, found.read())


def test_without_rows_there_is_no_file(tmp_path):
    assert write_batches(iter(ROWS.slice(0, 0).to_batches()), ROWS.schema, f"{tmp_path}/staged") is None
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_bucket_holds_the_file_once_it_is_whole(account):
    s3 = boto3.client("s3", endpoint_url=account)
    s3.create_bucket(Bucket="lake")
    file = write_batches(iter(ROWS.to_batches()), ROWS.schema, "s3://lake/staging/r1")
    [held] = s3.list_objects_v2(Bucket="lake")["Contents"]
    assert f"s3://lake/{held['Key']}" == file
    body = s3.get_object(Bucket="lake", Key=held["Key"])["Body"].read()
    assert ROWS == pq.read_table(io.BytesIO(body))

    def broken():
        yield from ROWS.to_batches()
        raise TerminalError("the source broke off")

    with pytest.raises(TerminalError, match="broke off"):
        write_batches(broken(), ROWS.schema, "s3://lake/staging/r1")
    assert [held["Key"]] == [item["Key"] for item in s3.list_objects_v2(Bucket="lake")["Contents"]]
