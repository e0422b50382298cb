"""The landing place lists the files a location names, in a folder and in a bucket alike, and keeps what is fetched."""

import os

import boto3
import pytest

from jobs.ingest.landing import keep, list_files

FILES = [
    "crm/accounts/2024-01-25.csv",
    "crm/accounts/2024-01-26.csv.gz",
    "crm/accounts/_SUCCESS.csv",
    "crm/accounts/.hidden.csv",
    "crm/accounts/old/2023-01-01.csv",
    "crm/accounts[1].csv",
    "crm/other/a.csv",
    "crm/spark/_temporary/0/p.csv",
    "crm/spark/.staging/p.csv",
    "crm/spark/p.csv",
    "crm/_kept/p.csv",
]


@pytest.fixture(params=["folder", "bucket"])
def landing_root(request, tmp_path):
    if request.param == "folder":
        for i, name in enumerate(FILES):
            path = tmp_path / "landing" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            os.utime(path, (1_700_000_000 + i, 1_700_000_000 + i))
        return str(tmp_path / "landing")
    bucket = boto3.client("s3", endpoint_url=request.getfixturevalue("account"))
    bucket.create_bucket(Bucket="lake-landing")
    # A folder, as a console makes one.
    for name in [*FILES, "crm/spark/", "crm/accounts/old/"]:
        bucket.put_object(Bucket="lake-landing", Key=f"in/{name}", Body=name.encode())
    return "s3://lake-landing/in"


@pytest.mark.parametrize(
    "location, keys",
    [
        pytest.param("s3://landing/crm/accounts/*.csv", ["crm/accounts/2024-01-25.csv"], id="star stops at a slash"),
        pytest.param(
            "s3://landing/crm/accounts/*.csv*",
            ["crm/accounts/2024-01-25.csv", "crm/accounts/2024-01-26.csv.gz"],
            id="packed files too",
        ),
        pytest.param(
            "s3://landing/crm/accounts/**/*.csv",
            ["crm/accounts/2024-01-25.csv", "crm/accounts/old/2023-01-01.csv"],
            id="two stars go down",
        ),
        pytest.param("s3://landing/crm/accounts[1].csv", ["crm/accounts[1].csv"], id="no wildcard but * and ?"),
        pytest.param("s3://landing/crm/other/?.csv", ["crm/other/a.csv"], id="one character"),
        pytest.param("s3://landing/crm/other/a.csv", ["crm/other/a.csv"], id="one file"),
        pytest.param("s3://landing/crm/spark/**/*.csv", ["crm/spark/p.csv"], id="no folders of other programs"),
        pytest.param("s3://landing/crm/spark/**", ["crm/spark/p.csv"], id="no folders below any name"),
        pytest.param("s3://landing/crm/spark/*/?/*", [], id="no folders by one star"),
        pytest.param("s3://landing/crm/?kept/*.csv", [], id="no folders by one character"),
        pytest.param("s3://landing/crm/_kept/*.csv", ["crm/_kept/p.csv"], id="a folder that is named"),
        pytest.param("s3://landing/crm/_k*/*.csv", ["crm/_kept/p.csv"], id="a folder whose beginning is named"),
        pytest.param("s3://landing/crm/s*", [], id="a folder is no file"),
        pytest.param("s3://landing/crm/nothing/*.csv", [], id="a place that is not there yet"),
    ],
)
def test_a_location_names_files(landing_root, location, keys):
    assert keys == [f.key for f in list_files(location, landing_root)]


def test_a_token_changes_with_the_content_only(landing_root, request, tmp_path):
    location = "s3://landing/crm/other/a.csv"
    [before] = list_files(location, landing_root)
    assert [before] == list_files(location, landing_root)
    if landing_root.startswith("s3://"):
        boto3.client("s3", endpoint_url=request.getfixturevalue("account")).put_object(
            Bucket="lake-landing", Key="in/crm/other/a.csv", Body=b"other"
        )
    else:
        (tmp_path / "landing/crm/other/a.csv").write_text("other")
    [after] = list_files(location, landing_root)
    assert before.token != after.token


def test_files_come_oldest_first(landing_root):
    files = list_files("s3://landing/crm/**", landing_root)
    assert sorted(files, key=lambda f: (f.modified, f.key)) == files


def test_a_fetched_file_is_kept_once(landing_root, tmp_path):
    fetched = tmp_path / "fetched.zip"
    fetched.write_bytes(b"content")
    kept = keep(fetched, "ecb/hash.zip", landing_root)
    assert ("ecb/hash.zip", f"{landing_root}/ecb/hash.zip") == (kept.key, kept.location)
    again = keep(fetched, "ecb/hash.zip", landing_root)
    assert (kept.key, kept.token) == (again.key, again.token)
    assert [again] == list_files("s3://landing/ecb/*", landing_root)
