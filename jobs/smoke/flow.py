"""A smoke job: looks at every point, however the others come out, and leaves a report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jobs.runtime.files import write_text
from jobs.smoke import image, places, storage
from shared.errors import LakewrightError
from shared.smoke import Point, PointStatus, SmokeReport, smoke_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    from shared.jobs import Job

    Look = Callable[[SparkSession, Job], str]

CHECKED: dict[str, tuple[Look, str]] = {
    "python": (image.python, "decision 8: the archive needs an interpreter of its own"),
    "spark": (image.spark_version, "the release label in shared/release.py, and the pins that a test holds to it"),
    "imports on the driver": (image.driver_imports, "the wheel in the error: rebuild the environment archive"),
    "imports on executors": (image.executor_imports, "spark.executorEnv in infra/constructs/spark_submit.py"),
    "delta's jars": (image.delta_jars, "DELTA_JARS in shared/spark.py"),
    "a table is committed and read": (storage.commit, "the rights of the step's role and the key"),
    "table protocol": (storage.protocol, "set the property that EMR's Delta defaults, where tables are created"),
    "two writes of one version": (storage.race, "the log store's class in shared/spark.py"),
    "two owners of one lease": (places.lease, "stop: the lease is what correctness stands on"),
    "personal data": (places.personal, "the bucket's and the key's policy, and the tag of the step's role"),
    "landing": (places.landing, "the rights of the step's role to the landing bucket"),
    "key of personal data": (places.pii_key, "the secret is made by the stack; it was emptied or cannot be read"),
}
# After all others, which leave it something to remove.
CLEANED = "what was tried is removed"
TOLD: dict[str, Look] = {"log store": storage.log_store, "second log store": storage.second_log_store}


def smoke(spark: SparkSession, job: Job) -> SmokeReport:
    """Look at everything and leave the report; a point that fails is part of it, and fails nothing else."""
    points = [_looked(name, mend, PointStatus.OK, partial(look, spark, job)) for name, (look, mend) in CHECKED.items()]
    points += [_looked(name, "", PointStatus.TOLD, partial(look, spark, job)) for name, look in TOLD.items()]
    mend = "the right of the step's role to delete what is staged; until then it expires there"
    points.append(_looked(CLEANED, mend, PointStatus.OK, partial(storage.clean, spark, job)))
    report = SmokeReport(run_id=job.run_id, points=tuple(points))
    write_text(smoke_location(job.lake_root, job.run_id), report.model_dump_json(indent=1))
    return report


def _looked(name: str, mend: str, well: PointStatus, look: Callable[[], str]) -> Point:
    try:
        return Point(point=name, status=well, found=look())
    except LakewrightError as error:
        return Point(point=name, status=PointStatus.FAILED, found=str(error), mend=mend)
    except Exception as error:  # noqa: BLE001 - what the place throws at us is what is looked for
        first = str(error).strip().splitlines()[:1] or [""]
        return Point(
            point=name, status=PointStatus.FAILED, found=f"{type(error).__name__}: {first[0][:500]}", mend=mend
        )
