"""One job run over a lake in a folder without a machine, with leases, published rows, the lake's key and Spark."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scripts.local.account import LocalAccount
from scripts.local.clients import client
from scripts.local.driver_client import DriverSettings, SparkDriver
from scripts.local.job_runs import JobRun
from scripts.local.spark_settings import LOCAL_CONFS, jar_paths
from scripts.running.item_tables import ENVIRONMENT, make_item_tables
from scripts.running.lake_lock import locked
from scripts.running.pii_key import pii_key
from scripts.running.served_items import load_served, save_served
from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from scripts.sources.stand_ins import snowflake_folder
from scripts.sources.started import running
from shared.contracts.connections import publishing_connections
from shared.errors import StepFailedError
from shared.names import pii_key_secret, source_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.contracts import Catalog
    from shared.jobs import Job


def run_job(driver: SparkDriver, job: Job) -> None:
    """Run one job to its end.

    Raises:
        StepFailedError: the job failed; the text has its error.
    """
    arguments = ["--job", job.model_dump_json()]
    result = driver.run(JobRun(job.run_id, job.step, "local", "main.py", arguments))
    if result.exit_code:
        raise StepFailedError(
            f"the {job.step} of run {job.run_id} failed",
            given=result.tail.splitlines()[-1] if result.tail else f"exit code {result.exit_code}",
            mend=f"read {driver.settings.logs}/{job.run_id}.log",
        )


@contextmanager
def account_and_spark(root: Path, catalog: Catalog) -> Iterator[SparkDriver]:
    """Lock the lake for this process, and yield a driver whose jobs find leases, the key and what was published.

    Raises:
        LeaseHeldError: another process works on this lake.
    """
    settings = DriverSettings(logs=root / "logs", jars=jar_paths(), confs=LOCAL_CONFS)
    driver = SparkDriver(settings)
    with locked(root), LocalAccount(driver), _published(root, publishing_connections(catalog)):
        make_item_tables(client("dynamodb"))
        load_served(root)
        client("secretsmanager").create_secret(Name=pii_key_secret(ENVIRONMENT), SecretString=pii_key(root))
        try:
            yield driver
        finally:
            driver.stop()
            save_served(root)


@contextmanager
def _published(root: Path, connections: list[str]) -> Iterator[None]:
    """Run the stand-in for Snowflake with what the lake has published there, if contracts publish anything."""
    if not connections:
        yield
        return
    with running(SnowflakeStandIn(snowflake_folder(root), is_source=False)) as stand_in:
        for connection in connections:
            name, secret = source_secret(ENVIRONMENT, connection), json.dumps(stand_in.secret)
            client("secretsmanager").create_secret(Name=name, SecretString=secret)
        yield
