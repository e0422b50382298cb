"""What runs here is what runs on EMR: the locks agree with the one release the lake is built for."""

import tomllib

import pytest

from scripts.setup import jars, jdk, paths, python_env
from shared import release


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    lock = tomllib.loads((paths.ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {package["name"]: package["version"] for package in lock["package"]}


@pytest.mark.parametrize(
    "package, version",
    [
        pytest.param("pyspark", release.SPARK, id="Spark"),
        pytest.param("delta-spark", release.DELTA, id="Delta"),
    ],
)
def test_python_lock_has_the_version_of_the_release(locked, package, version):
    assert version == locked[package]


def test_jars_are_those_of_the_release():
    spark = release.SPARK.rpartition(".")[0]
    expected = {
        f"io.delta:delta-spark_{spark}_{release.SCALA}:{release.DELTA}",
        f"io.delta:delta-storage:{release.DELTA}",
    }

    assert expected <= {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars.locked_jars()}


def test_every_jar_has_a_sum():
    assert [] == [jar.artifact for jar in jars.locked_jars() if len(bytes.fromhex(jar.sha256)) != 32]


def test_python_of_the_release_is_the_one_preferred_here():
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    written = (paths.ROOT / ".python-version").read_text(encoding="utf-8").strip()

    assert release.PYTHON == python_env.PREFERRED == written == project["tool"]["mypy"]["python_version"]
    assert f">={release.PYTHON}," in project["project"]["requires-python"]


def test_java_of_the_release_is_supported_here():
    assert int(release.JAVA) in jdk.SUPPORTED


def test_moto_is_pinned_exactly():
    """Its private names are replaced, so that any other version may break the local runtime."""
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [moto] = [line for line in project["dependency-groups"]["local"] if line.startswith("moto")]

    assert "==" in moto
