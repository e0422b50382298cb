"""A copy whose files arrived in any order is cut back to its newest complete run, and continues from there."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from jobs.main import run as run_job
from scripts.looking.lake import open_lake
from scripts.looking.runs import finished_run, finished_runs
from scripts.recovering import cut as cutting
from scripts.recovering.cut import cut
from scripts.recovering.whole import erasures_after, search
from scripts.setup import paths
from shared.erasure import ErasureRequest, erasure_request_location
from shared.jobs import Colour, Step
from shared.names import Variable, pii_folder, run_location
from tests.jobs.test_killed_before_each_write import all_rows
from tests.scripts.looking.test_lake_in_a_bucket import server
from tests.support.begun import begun
from tests.support.grown import DAY, Grown, content, files_of, growing
from tests.support.killing import KilledError
from tests.support.small_driver import CONTRACTS
from tests.support.small_lake import SmallLake, lease_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.recovering.whole import Found

pytestmark = [pytest.mark.slow, pytest.mark.long]

# The number of copies that lose files at random.
COPIES = 60


@pytest.fixture(scope="module")
def grown(spark, tmp_path_factory) -> Iterator[Grown]:
    with lease_account():
        lake = begun(SmallLake(tmp_path_factory.mktemp("grown"), spark))
        lake.files["silver.customers"] += "      - {property: subject, value: customer_id}\n"
        lake._catalog = None
        told = Grown(lake)
        for run_id in growing(lake):
            told.files[run_id], told.rows[run_id] = files_of(lake), all_rows(lake)
        told.in_the_end = content(lake)
        yield told


def finished(lake: SmallLake) -> list[str]:
    return finished_runs(open_lake(lake.lake_root, lake.catalog))


def looked(lake: SmallLake) -> list[Found]:
    there = open_lake(lake.lake_root, lake.catalog)
    return list(search(there, lake.catalog, (finished_run(there, run_id) for run_id in finished(lake))))


def recovered(lake: SmallLake) -> str:
    """Cut a copy back to its newest complete run, and return that run."""
    found = looked(lake)
    cut(open_lake(lake.lake_root, lake.catalog), found[-1].survivors, [one.run.run_id for one in found[:-1]])
    return found[-1].run.run_id


def test_copy_that_lacks_any_files_is_what_the_newest_run_left_that_is_whole(grown, tmp_path):
    chance, chosen = random.Random(7), set()  # noqa: S311 - the same copies every time
    new = {run: sorted(grown.files[run] - grown.files[before]) for before, run in (("r2", "r3"), ("r3", "r4"))}
    for copy in range(COPIES):
        rates = {"r3": chance.choice((0, 0, 0.02)), "r4": chance.choice((0, 0.01, 0.3))}
        lost = {file for run, rate in rates.items() for file in new[run] if chance.random() < rate}
        lake = grown.copy(tmp_path / str(copy), lost)
        # A run that lost no file is complete; a later one may be too, if what was lost is not needed.
        surely = max(run for run, files in grown.files.items() if not files & lost)

        run_id = recovered(lake)

        assert surely <= run_id
        assert grown.rows[run_id] == all_rows(lake), (copy, lost)
        assert run_id == finished(lake)[0]
        chosen.add(run_id)
    assert {"r2", "r3", "r4"} == chosen


@pytest.mark.parametrize("keeps", ["r2", "r3"])
def test_the_next_run_makes_of_it_what_an_undisturbed_lake_is(grown, tmp_path, keeps):
    # Only the logs of later files arrived, so every table has to be cut.
    lost = {file for file in grown.files["r4"] - grown.files[keeps] if "_delta_log" not in file.parts}
    lake = grown.copy(tmp_path, lost)
    assert keeps == recovered(lake)

    ran = lake.run("r5", DAY)

    assert {Colour.GREEN} == {s.colour for s in ran.summaries.values()}
    assert grown.in_the_end == content(lake)


def test_cut_that_dies_anywhere_is_made_whole_by_the_next(grown, tmp_path, monkeypatch):
    lost = {file for file in grown.files["r4"] - grown.files["r3"] if file.suffix == ".parquet"}
    deaths, remove = 0, cutting.remove_file
    while True:
        lake, left = grown.copy(tmp_path / str(deaths), lost), deaths

        def dying(location):
            nonlocal left
            if not left:
                raise KilledError(location)
            left -= 1
            remove(location)

        with monkeypatch.context() as patch:
            patch.setattr(cutting, "remove_file", dying)
            try:
                recovered(lake)
            except KilledError:
                deaths += 7
                patch.undo()
                assert "r3" == recovered(lake)
                assert grown.rows["r3"] == all_rows(lake)
            else:
                break
    assert deaths > 20


def test_erasure_after_the_run_leaves_the_run_whole_and_is_told(grown, tmp_path, spark):
    lake = grown.copy(tmp_path / "first", set()).copied(tmp_path / "second")
    place = Path(erasure_request_location(pii_folder(lake.lake_root), "e1"))
    place.parent.mkdir(parents=True)
    place.write_text(ErasureRequest.of_text("customer=1").model_dump_json())
    run_job(["--job", lake.job(Step.ERASE, "e1").model_dump_json()], lake.spark, lake.catalog)
    there, after = open_lake(lake.lake_root, lake.catalog), all_rows(lake)

    [found] = looked(lake)
    assert ("r4", True) == (found.run.run_id, found.is_whole)
    # Each log ends after the erasure, so nothing is cut off.
    assert [] == [survivor.stored.what for survivor in found.survivors if survivor.is_cut]
    assert ["e1"] == [record.run_id for record in erasures_after(there, found.run.finished_at)]
    assert "r4" == recovered(lake)
    assert after == all_rows(lake)

    # If the old files were deleted here too, and none of the erasure's commits arrived, those rows would be lost.
    then = next(v.version for v in found.run.versions if v.table == "silver.orders")
    for file in Path(lake.location("silver.orders"), "_delta_log").glob("*.json"):
        if int(file.stem) > then:
            file.unlink()
    assert ["silver.orders"] == [place for place, _ in looked(lake)[0].lacks]


def test_page_of_an_earlier_release_is_no_measure(grown, tmp_path):
    lake = grown.copy(tmp_path, set())
    page = Path(run_location(lake.lake_root, "r4"))
    told = json.loads(page.read_text())
    page.unlink()
    page.write_text(json.dumps(told | {"versions": [v | {"beside": None} for v in told["versions"]]}))

    first, second = looked(lake)

    assert (False, True) == (first.is_whole, second.is_whole)
    assert {"the run's page is of an earlier release, and does not say what lay beside the table"} == {
        lack for _, lack in first.lacks
    }


def test_version_of_a_table_that_was_made_anew_since_is_not_the_runs(grown, tmp_path):
    lake = grown.copy(tmp_path, set())
    page = Path(run_location(lake.lake_root, "r4"))
    told = json.loads(page.read_text())
    page.unlink()
    versions = [v | ({"table_id": "another"} if v["table"] == "silver.orders" else {}) for v in told["versions"]]
    page.write_text(json.dumps(told | {"versions": versions}))

    first, second = looked(lake)

    [(place, lack)] = first.lacks
    assert ("silver.orders", True, True) == (place, "was recreated since" in lack, second.is_whole)


def recover_by_command(lake, *arguments, root=None, **variables):
    command = [sys.executable, "-m", "tests.support.small_command", "recover", *arguments]
    environment = os.environ | {CONTRACTS: str(lake.contracts())} | variables
    command += ["--root", root or lake.lake_root]
    return subprocess.run(command, cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=False)


def test_command_shows_and_then_cuts(grown, tmp_path):
    lost = {file for file in grown.files["r4"] - grown.files["r3"] if file.suffix == ".parquet"}
    lake = grown.copy(tmp_path, lost)
    recover, before = partial(recover_by_command, lake), files_of(lake)
    shown = recover()
    assert (0, "") == (shown.returncode, shown.stderr)
    assert "r4 is not whole:\n" in shown.stdout
    assert "gold.totals: 1 of the 1 files of version" in shown.stdout
    assert "r3, of 2" in shown.stdout
    assert f"./lake recover r3 --cut --root {lake.lake_root}" in shown.stdout
    assert before == files_of(lake) - {Path(".lock")}

    assert (1, "") == ((no := recover("r4", "--cut")).returncode, no.stderr)
    assert "No run is whole here." in no.stdout
    unknown = recover("r9")
    assert (2, True) == (unknown.returncode, "unknown run" in unknown.stderr)

    done = json.loads(recover("r3", "--cut", "--json").stdout)
    assert [("r3", True, [])] == [(run["run_id"], run["is_whole"], run["lacks"]) for run in done]
    assert grown.rows["r3"] == all_rows(lake)
    assert "The copy is what that run left" in recover("--cut").stdout
    assert grown.rows["r3"] == all_rows(lake)


def test_copy_in_buckets_is_cut_there(grown, tmp_path):
    lost = {file for file in grown.files["r4"] - grown.files["r3"] if file.suffix == ".parquet"}
    lake, back = grown.copy(tmp_path / "first", lost), tmp_path / "back" / "lake"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with server() as address, pytest.MonkeyPatch.context() as environment:
        variables = {**keys, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true"}
        for name, value in variables.items():
            environment.setenv(name, value)
        s3 = boto3.Session().client("s3")
        s3.create_bucket(Bucket="copy")
        s3.create_bucket(Bucket="pii-copy")
        for file in files_of(lake):
            bucket, key = ("pii-copy", file.relative_to("pii")) if file.parts[0] == "pii" else ("copy", file)
            s3.upload_file(str(Path(lake.lake_root, file)), bucket, str(key))

        place = {**variables, Variable.PII_ROOT: "s3://pii-copy"}
        done = recover_by_command(lake, "--cut", root="s3://copy", **place)
        for bucket, folder in (("copy", back), ("pii-copy", back / "pii")):
            for found in s3.list_objects_v2(Bucket=bucket)["Contents"]:
                (folder / found["Key"]).parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, found["Key"], str(folder / found["Key"]))
    assert (0, "") == (done.returncode, done.stderr)
    assert "r3, of 2" in done.stdout
    there = replace(lake, root=tmp_path / "back")
    assert grown.rows["r3"] == all_rows(there)
    assert "r3" == finished(there)[0]
