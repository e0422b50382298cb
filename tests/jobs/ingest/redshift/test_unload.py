"""Only an unload whose files are those of its manifest, to the row, is read."""

import json

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.redshift.unload import Unload, read_unload
from shared.errors import SourceUnavailableError


@pytest.fixture
def unload(tmp_path):
    """Files of the given numbers of rows, and a manifest that says so."""

    def made(*counts):
        entries = []
        for i, count in enumerate(counts):
            file = tmp_path / f"{i:04d}_part_00.parquet"
            pq.write_table(pa.table({"id": list(range(count))}), file)
            entries.append({"url": str(file), "meta": {"content_length": 1, "record_count": count}})
        write(tmp_path, entries, sum(counts))
        return tmp_path

    return made


def write(folder, entries, total):
    meta = {"content_length": 1, "record_count": total}
    manifest = {"entries": entries, "schema": {"elements": []}, "meta": meta, "author": {"name": "Amazon Redshift"}}
    (folder / "manifest").write_text(json.dumps(manifest))


def test_the_files_of_the_manifest_are_read_and_no_others(unload):
    folder = unload(3, 0, 2)
    pq.write_table(pa.table({"id": [1]}), folder / "0009_part_00.parquet")
    found = read_unload(str(folder), "redshift")
    assert ((str(folder / "0000_part_00.parquet"), str(folder / "0002_part_00.parquet")), 5) == (
        found.files, found.rows,
    )  # fmt: skip


def test_an_unload_of_nothing_has_no_files(unload):
    assert Unload((), 0, 0) == read_unload(str(unload()), "redshift")


def test_an_unload_of_nothing_wrote_nothing(tmp_path):
    assert Unload((), 0, 0) == read_unload(str(tmp_path / "never"), "redshift")


def test_in_a_bucket_files_without_their_manifest_are_no_unload_of_nothing(account):
    s3 = boto3.client("s3", endpoint_url=account)
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="unload/10/0000_part_00.parquet", Body=b"")
    assert Unload((), 0, 0) == read_unload("s3://lake/unload/1", "redshift")
    with pytest.raises(SourceUnavailableError, match="the unload is not what its manifest says; given: manifest"):
        read_unload("s3://lake/unload/10", "redshift")


def lose_file(folder):
    (folder / "0001_part_00.parquet").unlink()


def cut_file(folder):
    file = folder / "0001_part_00.parquet"
    file.write_bytes(file.read_bytes()[:-20])


def lose_rows(folder):
    pq.write_table(pa.table({"id": [1]}), folder / "0001_part_00.parquet")


def lose_entry(folder):
    entries = json.loads((folder / "manifest").read_text())["entries"]
    write(folder, entries[:1], 5)


def lose_manifest(folder):
    (folder / "manifest").unlink()


def cut_manifest(folder):
    (folder / "manifest").write_text('{"entries": [')


@pytest.mark.parametrize("damage", [lose_file, cut_file, lose_rows, lose_entry, lose_manifest, cut_manifest])
def test_an_unload_that_is_not_whole_is_not_read(unload, damage):
    folder = unload(3, 2)
    damage(folder)
    with pytest.raises(SourceUnavailableError, match="redshift, x: the unload is not what its manifest says"):
        read_unload(str(folder), "redshift, x")
