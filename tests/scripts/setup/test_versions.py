"""The versions that programs print are parsed correctly, whatever their vendor."""

from pathlib import Path

import pytest

from scripts.setup.jdk import first_supported, parse_java
from scripts.setup.uv import parse_version


@pytest.mark.parametrize(
    "said, expected",
    [
        pytest.param("uv 0.13.9 (x86_64-unknown-linux-gnu)", (0, 13, 9), id="of a package"),
        pytest.param("uv 0.14.0-rc.1", (0, 14, 0), id="a candidate"),
        pytest.param("", (), id="no program"),
        pytest.param("pyenv: uv: command not found", (), id="a shim with nothing behind it"),
    ],
)
def test_version_is_read(said, expected):
    assert expected == parse_version(said)


def test_uv_that_is_not_there_is_older_than_any():
    assert parse_version("") < parse_version("0.0.1") < parse_version("0.13.9") < parse_version("0.13.10")


@pytest.mark.parametrize(
    "said, expected",
    [
        pytest.param(
            "    java.home = /usr/lib/jvm/java-17\n    java.specification.version = 17\n",
            (Path("/usr/lib/jvm/java-17"), 17),
            id="Java 17",
        ),
        pytest.param(
            "    java.home = /Java Homes/21\r\n    java.specification.version = 21\n",
            (Path("/Java Homes/21"), 21),
            id="a home with a space",
        ),
        pytest.param("    java.home = /jre\n    java.specification.version = 1.8\n", None, id="Java 8"),
        pytest.param("The operation couldn't be completed. Unable to locate a Java Runtime.", None, id="a stub"),
    ],
)
def test_java_is_read(said, expected):
    assert expected == parse_java(said)


def test_first_java_that_spark_runs_on_is_taken(tmp_path):
    javas = [_java(tmp_path, version) for version in ("25", "11", "21", "17")]

    assert (tmp_path / "21", 21) == first_supported([tmp_path / "nowhere", *javas])


def test_no_other_java_is_taken(tmp_path):
    assert first_supported([_java(tmp_path, "25"), _java(tmp_path, "11")]) is None


def _java(folder: Path, version: str) -> Path:
    program = folder / version / "bin" / "java"
    program.parent.mkdir(parents=True)
    said = f"    java.home = {folder / version}\\n    java.specification.version = {version}\\n"
    program.write_text(f"#!/bin/sh\nprintf '{said}' >&2\n")
    program.chmod(0o755)
    return program
