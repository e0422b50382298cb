"""Spark loads its classes from the archive that the setup made, and also runs without one."""

import os
import shlex
import subprocess
from pathlib import Path

import pyspark
import pytest

from scripts.local import spark_settings
from scripts.setup import class_archive, paths

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not paths.CLASS_ARCHIVE.exists(), reason="this Java keeps no archives")
def test_spark_and_delta_come_from_the_archive(spark):
    # The session's exact class path: with one more jar or another order, Java ignores the archive.
    class_path = spark._jvm.java.lang.System.getProperty("java.class.path")
    options = shlex.split(spark.conf.get("spark.driver.extraJavaOptions"))
    java = [paths.JAVA_HOME / "bin" / "java", *options, "-Xlog:class+load", "-cp", class_path]
    submit = "org.apache.spark.deploy.SparkSubmit"
    said = subprocess.run([*java, submit, "--version"], capture_output=True, text=True, check=True)
    loaded = [line for line in said.stdout.splitlines() if f" {submit} " in line]
    assert ["shared objects file (top)"] == [line.partition("source: ")[2] for line in loaded]
    # Classes that Spark loads itself from a list of jars are never taken from an archive.
    delta = spark._jvm.java.lang.Class.forName("io.delta.sql.DeltaSparkSessionExtension")
    assert "app" == delta.getClassLoader().getName()


@pytest.mark.parametrize("folder", ["plain", "of two words", 'a "quoted" one', "it's", "back\\slash"])
def test_the_archive_may_lie_in_a_folder_of_any_name(monkeypatch, tmp_path, folder):
    archive = tmp_path / folder / "classes.jsa"
    archive.parent.mkdir()
    archive.touch()
    monkeypatch.setattr(paths, "CLASS_ARCHIVE", archive)
    options = f"-XX:+UseSerialGC{spark_settings.class_archive_option()} -XX:TieredStopAtLevel=1"
    # The command that Spark starts Java with, built from the options by Spark itself.
    home = Path(pyspark.__file__).parent
    launcher = ["-cp", f"{home}/jars/*", "org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit"]
    said = subprocess.run(
        [paths.JAVA_HOME / "bin" / "java", *launcher, "--conf", f"spark.driver.extraJavaOptions={options}", "a.py"],
        env={**os.environ, "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.13"},
        capture_output=True,
        text=True,
        check=True,
    )
    words = said.stdout.split("\0")
    first = words.index("-XX:+UseSerialGC")
    assert [f"-XX:SharedArchiveFile={archive}", "-XX:TieredStopAtLevel=1"] == words[first + 1 : first + 3]


def test_a_java_that_keeps_no_archive_is_told_of_none(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CLASS_ARCHIVE", tmp_path / "none.jsa")
    monkeypatch.setattr(class_archive, "run", lambda *_, **__: None)
    assert "not kept: this Java has no way to" == class_archive.make_class_archive()
    assert "" == spark_settings.class_archive_option()
