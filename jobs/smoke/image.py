"""What the image brings, and whether what we bring fits it."""

from __future__ import annotations

import importlib
import pkgutil
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jobs
from jobs.runtime.jvm import java_class
from shared.errors import TerminalError
from shared.release import PYTHON, SPARK
from shared.spark import DELTA_CONFS, DELTA_JARS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from shared.jobs import Job

EXECUTORS = 2


def python(_spark: SparkSession, _job: Job) -> str:
    """The interpreter, which has to be the one that the archive's wheels are for."""
    found = f"{platform.python_version()} on {platform.machine()}, {sys.executable}"
    if not platform.python_version().startswith(f"{PYTHON}."):
        raise TerminalError("another Python runs the job", given=found, expected=PYTHON)
    return found


def spark_version(spark: SparkSession, _job: Job) -> str:
    """Spark, which has to be the one that is built and tested for."""
    if not spark.version.startswith(SPARK):
        raise TerminalError("another Spark runs the job", given=spark.version, expected=SPARK)
    java = java_class(spark, "java.lang.System").getProperty("java.version")
    return f"Spark {spark.version}, Java {java}"


def driver_imports(_spark: SparkSession, _job: Job) -> str:
    """Every module of the jobs, and with them every package of the archive."""
    return f"{import_all()} modules of the jobs"


def executor_imports(spark: SparkSession, _job: Job) -> str:
    """The same on executors, whose interpreter and paths are set apart from the driver's."""
    counts = spark.sparkContext.parallelize(range(EXECUTORS), EXECUTORS).map(lambda _: import_all()).collect()
    return f"{min(counts)} modules of the jobs, in {len(counts)} tasks"


def delta_jars(spark: SparkSession, _job: Job) -> str:
    """Where Delta was loaded from, and what lies where the submission looks for it."""
    loader = java_class(spark, "java.lang.Thread").currentThread().getContextClassLoader()
    loaded = loader.loadClass(DELTA_CONFS["spark.sql.extensions"]).getProtectionDomain().getCodeSource().getLocation()
    folder = Path(DELTA_JARS[0]).parent
    there = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    return f"loaded from {loaded.getPath()}; in {folder}: {', '.join(there) or 'nothing'}"


def import_all() -> int:
    """Import every module of the jobs, and with them every package they use; return how many modules there are."""
    found = [module.name for module in pkgutil.walk_packages(jobs.__path__, f"{jobs.__name__}.")]
    for name in found:
        importlib.import_module(name)
    return len(found)
