"""A lake in buckets, reached by S3A as on AWS, in an account behind a gate that enforces each step's rights."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import duckdb
import pytest
from deltalake import DeltaTable

from jobs.runtime.files import OUTCOMES, read_text
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from scripts.setup.jars import s3a_jars
from shared.names import TableName, outcomes_location, quarantine_location, table_location
from tests.support.gate import JOB
from tests.support.served_account import served_account
from tests.support.small_driver import CLOCK_AHEAD, CONTRACTS, LEASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.jobs import Job, Step, TableOutcome
    from tests.support.gate import Gate
    from tests.support.small_lake import SmallLake

LAKE, PII, LANDING = "s3://lake", "s3://pii", "s3://landing"
S3A = {
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.change.detection.mode": "none",
    "spark.hadoop.fs.s3a.fast.upload.buffer": "bytebuffer",
    "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
}


class BucketLake:
    """A small lake in three buckets. Outcomes are read back from there, and rows are read without Spark.

    Args:
        jobs: Provides its contracts and its jobs.
        gate: The gate in front of the account.
    """

    def __init__(self, jobs: SmallLake, gate: Gate) -> None:
        self.jobs, self.gate, self.landed = jobs, gate, 0

    def land(self, folder: str, *lines: str) -> None:
        self.landed += 1
        boto3.client("s3").put_object(
            Bucket="landing", Key=f"{folder}/{self.landed}.csv", Body="\n".join(lines).encode()
        )

    def job(self, step: Step, run_id: str, **changes: Any) -> Job:
        return self.jobs.job(step, run_id, lake_root=LAKE, pii_root=PII, landing_root=LANDING, **changes)

    def submit(self, driver: SparkDriver, job: Job, clock_ahead: int = 0, role: Step | None = None) -> str:
        """Run a job on a driver, under the role of its step or another one, and return the end of its log."""
        self.gate.step = role or job.step
        # A job run inherits the key of the process that starts it, and requests signed with that count as the test's.
        variables = {CLOCK_AHEAD: str(clock_ahead), "AWS_ACCESS_KEY_ID": JOB}
        given = ["--job", job.model_dump_json()]
        return driver.run(JobRun(job.attempt, job.step, "app", "main.py", given, variables)).tail

    def outcomes(self, driver: SparkDriver, job: Job, clock_ahead: int = 0) -> dict[str, TableOutcome]:
        """Run a job, and return its tables' outcomes."""
        tail = self.submit(driver, job, clock_ahead)
        text = read_text(outcomes_location(LAKE, job.run_id, job.step, job.attempt))
        assert text, tail
        return {o.table: o.model_copy(update={"seconds": 0}) for o in OUTCOMES.validate_json(text)}

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The business columns of a table, without the time of changes."""
        names = self.jobs.catalog.table(table).column_names
        return read(table_location(LAKE, TableName.parse(table)), *[n for n in names if n != "changed_at"])

    def refused(self, table: str) -> list[tuple[Any, ...]]:
        return read(quarantine_location(LAKE, TableName.parse(table)), "batch", "row_key")

    def version(self, table: str) -> int:
        return DeltaTable(table_location(LAKE, TableName.parse(table))).version()


def read(location: str, *names: str) -> list[tuple[Any, ...]]:
    table = DeltaTable(location).to_pyarrow_table(columns=list(names))
    return sorted(duckdb.from_arrow(table).fetchall(), key=str)


def keys(location: str) -> set[str]:
    """The objects below a place."""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"] for page in pages for item in page.get("Contents", ())}


@contextmanager
def drivers_of(lake: BucketLake, logs: Path, count: int) -> Iterator[list[SparkDriver]]:
    """Some drivers in the account, with leases that last six seconds, and whose requests go through the gate."""
    with pytest.MonkeyPatch.context() as patch, served_account(patch, lake.gate) as account:
        patch.setenv("AWS_ALLOW_HTTP", "true")
        for place in (LAKE, PII, LANDING):
            boto3.client("s3").create_bucket(Bucket=place.removeprefix("s3://"))
        places = {"endpoint": account["AWS_ENDPOINT_URL"], "access.key": JOB, "secret.key": "test"}
        settings: dict[str, Any] = {
            "jars": [*jar_paths(), *s3a_jars()],
            "confs": LOCAL_CONFS | S3A | {f"spark.hadoop.fs.s3a.{name}": value for name, value in places.items()},
            "environment": account
            | {"AWS_ACCESS_KEY_ID": JOB, CONTRACTS: str(lake.jobs.contracts()), LEASE_SECONDS: "6"},
            "command": (sys.executable, "-m", "tests.support.small_driver"),
        }
        made = [SparkDriver(DriverSettings(logs=logs, **settings)) for _ in range(count)]
        try:
            for driver in made:
                driver.start()
            yield made
        finally:
            for driver in made:
                driver.stop()
