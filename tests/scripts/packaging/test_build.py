"""Artifacts are built once for each content, completely, and for the machine that they run on."""

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest

from infra.artifacts import ARTIFACTS, JARS, JOBS, LAMBDAS
from scripts.packaging import build as building
from scripts.packaging.build import build
from scripts.setup import paths
from shared.contracts import load_catalog


def test_jobs_know_their_contracts_from_the_unpacked_zip_alone(tmp_path):
    with zipfile.ZipFile(build(JOBS, tmp_path)) as zipped:
        zipped.extractall(tmp_path / "code")
    program = "import shared.contracts as c; print(c.__file__, *c.load_catalog().tables)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "code")}
    command = [sys.executable, "-P", "-c", program]
    finished = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    file, *tables = finished.stdout.split()

    assert file.startswith(str(tmp_path / "code"))
    assert list(load_catalog().tables) == tables
    assert (tmp_path / "code" / "jobs" / "main.py").is_file()


def test_what_is_built_is_not_built_again(tmp_path, monkeypatch):
    first = build(JOBS, tmp_path)
    written = first.stat().st_mtime_ns
    monkeypatch.setattr(building, "pack", lambda *_: pytest.fail("built again"))

    assert first == build(JOBS, tmp_path)
    assert written == first.stat().st_mtime_ns


def test_jar_is_the_one_its_key_names():
    for jar in JARS:
        assert f"{hashlib.sha256(build(jar).read_bytes()).hexdigest()}.jar" == jar.key()


def test_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(building, "pack", fail)
    with pytest.raises(OSError, match="full"):
        build(JOBS, tmp_path)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.extra
def test_functions_carry_their_packages_for_graviton(tmp_path):
    listed = zipfile.ZipFile(build(LAMBDAS, tmp_path)).namelist()
    compiled = [name for name in listed if name.endswith(".so")]

    assert {path.as_posix() for path in LAMBDAS.files()} <= set(listed)
    assert {"boto3/__init__.py", "pydantic/__init__.py", "aws_xray_sdk/__init__.py"} <= set(listed)
    assert [] == [name for name in compiled if "aarch64-linux-gnu" not in name]
    assert [] == [name for name in listed if name.startswith("bin/") or name.endswith(".pyc")]


def test_command_prints_the_path_and_nothing_else():
    command = [sys.executable, "-P", "-m", "scripts.packaging", "jobs"]
    finished = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)

    assert f"{paths.ROOT / 'dist'}/jobs-{JOBS.key()}\n" == finished.stdout


@pytest.mark.slow
@pytest.mark.extra
def test_command_without_a_name_builds_all_that_a_deploy_needs():
    command = [sys.executable, "-P", "-m", "scripts.packaging"]
    finished = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)

    assert [str(build(artifact)) for artifact in ARTIFACTS.values()] == finished.stdout.splitlines()


def test_unknown_artifact_is_answered_with_those_that_exist():
    command = [sys.executable, "-P", "-m", "scripts.packaging", "wheel"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (1, "") == (finished.returncode, finished.stdout)
    assert all(name in finished.stderr for name in ARTIFACTS)
