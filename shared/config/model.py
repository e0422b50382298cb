"""The settings of an environment; defaults live here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import TerminalError, UnknownNameError

FOLDER = Path(__file__).parent


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkerSize(_Settings):
    """One EMR Serverless worker: vCPUs and GB of memory, on the grid that EMR Serverless bills.

    Source: EMR Serverless user guide, worker configurations (4 vCPU takes 8 to 30 GB in steps of 1).
    """

    cores: int = 4
    memory_gb: int = 14


class Spark(_Settings):
    """What one job run may use, and the application as a whole."""

    driver: WorkerSize = WorkerSize()
    executor: WorkerSize = WorkerSize()
    max_executors: Annotated[int, Field(ge=1)] = 2
    maximum_vcpu: Annotated[int, Field(ge=1)] = 16
    maximum_memory_gb: Annotated[int, Field(ge=1)] = 64
    idle_minutes: Annotated[int, Field(ge=1, le=10080)] = 15
    job_timeout_minutes: Annotated[int, Field(ge=5, le=10080)] = 120


class Network(_Settings):
    """Where job runs live in a VPC whose subnets have a way to the sources.

    Without one, EMR Serverless reaches S3 and other services of its region, but neither Snowflake nor the ECB.
    """

    subnet_ids: tuple[str, ...] = Field(min_length=1, max_length=16)
    security_group_ids: tuple[str, ...] = Field(min_length=1, max_length=5)


class Schedule(_Settings):
    """When a machine starts by itself; `cron` is EventBridge Scheduler's six-field form."""

    cron: str
    time_zone: str = "Etc/UTC"
    enabled: bool = True


class Environment(_Settings):
    """One environment.

    `lake_root` and `landing_root` name places outside the stack (an existing bucket, or a folder on a laptop);
    left out, the stack's own buckets are used. `allow_data_deletion` is the first of the two keys to delete data.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9]{1,11}$")
    owner: str
    catalog_prefix: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*_)?$")
    lake_root: str | None = None
    landing_root: str | None = None
    allow_data_deletion: bool = False
    alarm_email: str | None = None
    log_retention_days: int = 365
    spark: Spark = Spark()
    network: Network | None = None
    daily_batch: Schedule = Schedule(cron="cron(0 4 * * ? *)")
    sources: dict[str, str] = {}


def environment_names() -> list[str]:
    """The environments that exist, one a YAML file."""
    return sorted(p.stem for p in FOLDER.glob("*.yaml"))


def load_environment(name: str, *, root: str | None = None) -> Environment:
    """Read `shared/config/<name>.yaml`.

    Args:
        name: The environment, `dev`, `prod` or `local`.
        root: A folder that takes the place of the buckets, for a lake on this machine.

    Raises:
        UnknownNameError: there is no such environment.
        TerminalError: the file has an unknown key or a bad value.
    """
    if name not in environment_names():
        raise UnknownNameError("environment", name, environment_names())
    path = FOLDER / f"{name}.yaml"
    settings = {"name": name, **(yaml.safe_load(path.read_text()) or {})}
    if root is not None:
        settings |= {"lake_root": root, "landing_root": f"{root}/landing"}
    try:
        return Environment.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise TerminalError(
            f"{path.name}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}",
            given=repr(first["input"]),
            expected="a key and value of shared.config.Environment",
        ) from error
