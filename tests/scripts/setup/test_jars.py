"""The jars are exactly those of the lock."""

import hashlib

import pytest

from scripts.setup import jars, paths
from scripts.setup.errors import SetupError

JAR = jars.Jar("org.example", "thing", "1.0", hashlib.sha256(b"the jar").hexdigest())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "JARS", tmp_path / "jars")
    monkeypatch.setattr(paths, "IVY", tmp_path / "ivy")
    monkeypatch.setattr(jars, "locked_jars", lambda lock=jars.LOCK: [JAR] if lock != jars.BROKER_LOCK else [])
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.lock")
    (tmp_path / "jars").mkdir()
    (tmp_path / "ivy").mkdir()
    return tmp_path


def test_lock_is_read_without_comments_and_empty_lines(tmp_path):
    lock = tmp_path / "jars.lock"
    lock.write_text("# why\n\norg.example:thing:1.0 abc # because\norg.example:thing:1.0:all def aws\n")

    plain, whole = jars.locked_jars(lock)

    assert (jars.Jar("org.example", "thing", "1.0", "abc"), "thing-1.0.jar") == (plain, plain.path.name)
    assert ("aws", "thing-1.0-all.jar") == (whole.use, whole.path.name)


def test_spark_here_starts_without_what_only_aws_needs():
    names = {path.name for path in jars.jar_paths()}

    assert "spark-avro_2.13-4.1.1.jar" in names
    assert not any(name.startswith("aws-msk-iam-auth") for name in names)
    assert names.isdisjoint(path.name for path in jars.broker_jars())


def test_jar_that_is_there_is_not_fetched_again(cache, monkeypatch):
    JAR.path.write_bytes(b"the jar")
    monkeypatch.setattr(jars, "_retrieve", lambda missing: pytest.fail(f"{missing} were fetched"))

    assert "1 jars in jars" == jars.fetch_jars()


def test_damaged_jar_is_fetched_again(cache, monkeypatch):
    JAR.path.write_bytes(b"half a j")
    monkeypatch.setattr(jars, "_retrieve", lambda missing: missing[0].path.write_bytes(b"the jar"))

    jars.fetch_jars()

    assert b"the jar" == JAR.path.read_bytes()


def test_jar_with_another_sum_is_refused_and_forgotten(cache, monkeypatch):
    monkeypatch.setattr(jars, "_retrieve", lambda missing: missing[0].path.write_bytes(b"another jar"))

    with pytest.raises(SetupError, match=r"thing-1\.0\.jar is not the one this lake was tested with"):
        jars.fetch_jars()

    assert not JAR.path.exists()
    assert not paths.IVY.exists()
