"""What else a job reaches: leases, the place of personal data, the landing place, the key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from jobs.runtime.aws import resource
from jobs.runtime.files import read_text, remove_file, write_text
from jobs.runtime.jvm import files_at
from jobs.runtime.lease import acquire
from jobs.runtime.pii_keys import read_pii_keys
from shared.errors import LeaseHeldError, TerminalError
from shared.names import lease_table
from shared.smoke import LEASED, tried_location

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.lease import Lease
    from shared.jobs import Job

OWNERS = 2
TEXT = "nobody's"


def lease(_spark: SparkSession, job: Job) -> str:
    """Two owners ask for one lease at once; one gets it, and the other is told who has it."""
    with ThreadPoolExecutor(OWNERS) as threads:
        asked = list(threads.map(lambda i: _acquire(job, f"{job.owner}/{i}"), range(OWNERS)))
    held = [got for got in asked if got is not None]
    for got in held:
        got.release()
    if len(held) != 1:
        raise TerminalError("one lease, two owners", given=f"{len(held)} of {OWNERS} hold it", expected="1")
    return f"1 of {OWNERS} owners got it, with fencing {held[0].fencing}"


def personal(_spark: SparkSession, job: Job) -> str:
    """A file in the place of personal data, under its own key: written, read and removed."""
    where = f"{tried_location(job.pii_root, job.run_id)}.txt"
    write_text(where, TEXT)
    found = read_text(where)
    remove_file(where)
    if found != TEXT or read_text(where) is not None:
        raise TerminalError("the place of personal data does not keep what is written", given=where)
    return f"written, read and removed at {job.pii_root}"


def landing(spark: SparkSession, job: Job) -> str:
    """The landing place can be listed; a folder that is not there is an empty one."""
    files, path = files_at(spark, job.landing_root)
    count = len(files.listStatus(path)) if files.exists(path) else 0
    return f"{count} entries at {job.landing_root}"


def pii_key(_spark: SparkSession, job: Job) -> str:
    """The key that personal values are hashed with can be read; it is not shown."""
    return f"{len(read_pii_keys(job.env).versions)} versions"


def _acquire(job: Job, owner: str) -> Lease | None:
    try:
        return acquire(resource("dynamodb").Table(lease_table(job.env)), LEASED, owner)
    except LeaseHeldError:
        return None
