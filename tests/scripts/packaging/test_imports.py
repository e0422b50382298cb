"""Everything that the jobs import is in the packed archives, and can be imported with nothing else."""

import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import delta
import py4j
import pyspark
import pytest

import jobs
from infra.artifacts import ENVIRONMENT, JOBS, Target
from scripts.packaging.archives import pack
from scripts.packaging.build import build
from scripts.packaging.packages import install_group
from scripts.setup.emulator import MACHINE, emulated_python
from scripts.setup.errors import SetupError
from shared.release import PYTHON

# The image has them, and all are pure Python, so they are the same on any machine.
OF_THE_IMAGE = (pyspark, py4j, delta)
PROGRAM = """
import platform
import jobs
from jobs.smoke.image import import_all
count = import_all()
import pandas, pyarrow.parquet, snowflake.connector
print(platform.machine(), count, jobs.__file__, pandas.__file__)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.extra,
    pytest.mark.skipif(sys.platform != "linux", reason="the archive is of Linux"),
]


def unpacked(environment, folder):
    """The folders on a job's path: code and packages from their archives, then what the image has."""
    shutil.unpack_archive(environment, folder / "environment", filter="data")
    shutil.unpack_archive(build(JOBS, folder), folder / "code")
    (folder / "image").mkdir()
    for package in OF_THE_IMAGE:
        (folder / "image" / package.__name__).symlink_to(Path(package.__file__).parent)
    return [folder / "code", folder / "environment" / ENVIRONMENT.packages_folder, folder / "image"]


def everything_imported_by(python, path):
    """Import everything and return the output; without `site`, so that only the path is searched, as on EMR."""
    return subprocess.run(
        [*python, "-S", "-P", "-c", PROGRAM],
        env={"PYTHONPATH": ":".join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def expected(machine, path):
    modules = len(list(pkgutil.walk_packages(jobs.__path__, f"{jobs.__name__}.")))
    return [machine, str(modules), str(path[0] / "jobs" / "__init__.py"), str(path[1] / "pandas" / "__init__.py")]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the archive built here is of x86-64")
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason=f"the archive is for Python {PYTHON}")
def test_the_same_recipe_for_the_machine_at_hand(tmp_path):
    here = Target(python=PYTHON, platform="x86_64-manylinux_2_28")
    install_group(ENVIRONMENT.group, here, tmp_path / "content" / ENVIRONMENT.packages_folder)
    pack(tmp_path / "content", tmp_path / "environment.tgz")
    path = unpacked(tmp_path / "environment.tgz", tmp_path)
    finished = everything_imported_by([sys.executable], path)

    assert (0, expected("x86_64", path)) == (finished.returncode, finished.stdout.split()), finished


@pytest.mark.long
def test_the_very_archive_that_is_deployed_on_the_machine_it_is_for(tmp_path):
    """Graviton is emulated, its Python is Debian's; the archive is the one that a deploy puts into the bucket."""
    try:
        python = emulated_python()
    except SetupError as error:
        pytest.skip(f"no emulated Python of {MACHINE}: {error}")
    path = unpacked(build(ENVIRONMENT), tmp_path)
    finished = everything_imported_by(python, path)

    assert (0, expected(MACHINE, path)) == (finished.returncode, finished.stdout.split()), finished
