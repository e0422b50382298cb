"""The one line of `spark-submit` parameters a job run is started with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.artifacts import ENVIRONMENT
from shared.config.spark import STANDARD_DISK
from shared.spark import DELTA_CONFS, DELTA_JARS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.config.spark import Spark, WorkerSize

# The folders of a job run's working directory that its archives are unpacked into.
_CODE, _PACKAGES = "code", "environment"


def spark_submit_parameters(
    spark: Spark, *, jobs_url: str, environment_url: str, jar_urls: Sequence[str], region: str
) -> str:
    """The parameters of a job run, complete, so that it depends on no default of the application.

    The archive of packages has no interpreter: EMR's own Python 3.11 runs the job, and finds them on PYTHONPATH before
    those of the image. The jobs are an archive too, not `py-files`: those are imported from the zip, where contracts
    and queries cannot be read as files. The number of executors is capped because EMR's default has no limit, and an
    account's quota would end a job run late, in the middle of its work.

    Args:
        spark: The settings with the sizes.
        jobs_url: The zip of first-party code.
        environment_url: The archive of third-party packages.
        jar_urls: The jars that the image lacks.
        region: The region for boto3, which EMR does not set.
    """
    python_path = f"./{_CODE}:./{_PACKAGES}/{ENVIRONMENT.packages_folder}"
    variables = {"PYTHONPATH": python_path, "AWS_DEFAULT_REGION": region}
    confs = {
        "spark.driver.cores": str(spark.driver.cores),
        "spark.driver.memory": f"{spark.driver.memory_gb}g",
        "spark.executor.cores": str(spark.executor.cores),
        "spark.executor.memory": f"{spark.executor.memory_gb}g",
        **_disk("driver", spark.driver),
        **_disk("executor", spark.executor),
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.maxExecutors": str(spark.max_executors),
        # EMR starts three executors unless told otherwise, whatever the cap.
        "spark.dynamicAllocation.initialExecutors": "1",
        "spark.executor.instances": "1",
        "spark.archives": f"{jobs_url}#{_CODE},{environment_url}#{_PACKAGES}",
        **{f"spark.emr-serverless.driverEnv.{name}": value for name, value in variables.items()},
        **{f"spark.executorEnv.{name}": value for name, value in variables.items()},
        "spark.jars": ",".join([*DELTA_JARS, *jar_urls]),
        **DELTA_CONFS,
    }
    return " ".join(f"--conf {name}={value}" for name, value in confs.items())


def _disk(worker: str, size: WorkerSize) -> dict[str, str]:
    """The disk of a driver or executor: a standard one, or where that is too small one for shuffles."""
    name = f"spark.emr-serverless.{worker}.disk"
    kind = {f"{name}.type": "shuffle_optimized"} if size.disk_gb > STANDARD_DISK else {}
    return {name: f"{size.disk_gb}G", **kind}
