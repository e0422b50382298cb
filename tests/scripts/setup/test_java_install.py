"""The ways to install a Java are tried in turn, and the packaged one starts Spark."""

import subprocess

import pytest

from scripts.setup import jdk
from scripts.setup.errors import SetupError
from scripts.setup.java_install import WRAPPER


def test_wrapper_passes_on_all_but_the_module_the_packaged_runtime_lacks(tmp_path):
    java = tmp_path / "home of java" / "java"
    java.parent.mkdir()
    java.write_text(WRAPPER)
    real = java.with_name("java.real")
    real.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n')
    for program in (java, real):
        program.chmod(0o755)

    command = [str(java), "-Xmx1g", "--add-modules=jdk.incubator.vector", "-Dname=a value", "*"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert ["-Xmx1g", "-Dname=a value", "*"] == said.splitlines()


def test_every_way_is_tried_and_told_before_giving_up(monkeypatch):
    tried = []

    def fail(way: str) -> None:
        tried.append(way)
        raise SetupError(f"no {way}", given=f"{way} refused", expected="Java", mend="install it")

    monkeypatch.setattr(jdk, "_candidates", list)
    monkeypatch.setattr(jdk, "WAYS", [lambda: fail("download"), lambda: fail("package")])

    with pytest.raises(SetupError, match="no download: download refused") as caught:
        jdk.ensure_java()

    assert ["download", "package"] == tried
    assert "no package: package refused" in str(caught.value)
    assert "openjdk-17-jre-headless" in caught.value.mend
