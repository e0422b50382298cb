"""The smoke job on this machine: every point is looked at, and one that is otherwise is told, not raised."""

import json
from datetime import date
from pathlib import Path

import pytest

from jobs.main import run
from jobs.smoke import flow, places, storage
from shared.jobs import Job, Step
from shared.names import pii_folder
from shared.smoke import PointStatus, SmokeReport, smoke_location
from tests.support.small_lake import ENV

pytestmark = pytest.mark.slow


@pytest.fixture
def job(tmp_path):
    return Job(
        env=ENV,
        step=Step.SMOKE,
        run_id="smoke-1",
        attempt="a1",
        business_date=date(2026, 1, 1),
        lake_root=str(tmp_path),
        pii_root=pii_folder(str(tmp_path)),
        landing_root=f"{tmp_path}/landing",
    )


def report(job):
    return SmokeReport.model_validate_json(Path(smoke_location(job.lake_root, job.run_id)).read_text())


def test_everything_is_as_expected_on_this_machine(spark, leases, job):
    assert 0 == run(["--job", job.model_dump_json()], spark)

    found = {point.point: point for point in report(job).points}
    assert [*flow.CHECKED, *flow.TOLD, flow.CLEANED] == list(found)
    assert {} == {name: p.found for name, p in found.items() if p.status is PointStatus.FAILED}
    assert {"log store", "second log store"} == {n for n, p in found.items() if p.status is PointStatus.TOLD}
    assert "6 rows in 2 commits" in found["a table is committed and read"].found
    assert "Delta-Lake/4.2.0" in found["a table is committed and read"].found
    assert "1 of 2 writers in one driver won" == found["two writes of one version"].found
    assert "1 of 2 owners got it, with fencing 1" == found["two owners of one lease"].found
    assert "io.delta.storage.HDFSLogStore" in found["log store"].found
    assert "io.delta.storage.S3DynamoDBLogStore is not there" == found["second log store"].found
    assert [] == [file for file in Path(storage.place(job)).rglob("*") if file.is_file()]


def test_what_is_otherwise_is_told_with_what_to_do(spark, leases, job, monkeypatch):
    """A lease that two can hold, a log store that lets both win, a protocol that Athena cannot read, and no secret.

    And the role may delete nothing.
    """
    monkeypatch.setattr(places, "_acquire", lambda *_: type("Held", (), {"fencing": 1, "release": lambda _: None})())
    monkeypatch.setattr(storage, "_write", lambda *_: True)
    monkeypatch.setattr(storage, "ATHENA_READER_FEATURES", frozenset())
    monkeypatch.setattr(storage, "ATHENA_READER_VERSION", 0)
    monkeypatch.setattr(flow.places, "TEXT", "gone")
    monkeypatch.setattr(flow.places, "read_text", lambda _: None)
    wanted = ["two owners of one lease", "two writes of one version", "table protocol", "personal data"]
    looks = {name: flow.CHECKED[name] for name in ["a table is committed and read", *wanted]}
    monkeypatch.setattr(flow, "CHECKED", looks | {"broken": (lambda *_: json.loads("{"), "look at it")})

    monkeypatch.setattr(storage, "remove_folder", lambda *_: json.loads("{"))

    flow.smoke(spark, job)

    failed = {point.point: point for point in report(job).points if point.status is PointStatus.FAILED}
    assert {*wanted, "broken", flow.CLEANED} == set(failed)
    assert all(point.mend for point in failed.values())
    assert "2 of 2 hold it" in failed["two owners of one lease"].found
    assert failed["broken"].found.startswith("JSONDecodeError: ")
