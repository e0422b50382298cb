"""The sizes and limits of job runs on EMR Serverless, for all steps or for one."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.config.settings import Settings
from shared.jobs import MACHINE_STEPS, Step

# vCPUs of a worker -> the least and the most GB it may have, and the increment between them.
# Source: EMR Serverless user guide, "Worker configurations".
GRID = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}


# GB of disk that every worker has, the most of a standard disk, and the most of one that is optimised for shuffles.
# Source: EMR Serverless user guide, "Worker configurations" and "Using shuffle-optimized disks".
LEAST_DISK, STANDARD_DISK, MOST_DISK = 20, 200, 2000

# How long a job run may wait for capacity; the tasks that wait for it have that much more time.
QUEUE_MINUTES = 60


class WorkerSize(Settings):
    """One EMR Serverless worker: vCPUs, GB of memory before Spark's overhead of a tenth, and GB of disk."""

    cores: int = 4
    memory_gb: int = 14
    disk_gb: Annotated[int, Field(ge=LEAST_DISK, le=MOST_DISK)] = LEAST_DISK

    @property
    def billed_gb(self) -> int:
        """The GB that EMR gives and bills: Spark adds a tenth to its setting, and EMR rounds up to the grid."""
        *_, step = GRID[self.cores]
        return -(-self.memory_gb * 11 // (10 * step)) * step

    @model_validator(mode="after")
    def _is_on_the_grid(self) -> Self:
        if self.cores not in GRID:
            raise ValueError(f"a worker has {', '.join(map(str, GRID))} vCPUs, and not {self.cores}")
        least, most, _ = GRID[self.cores]
        if not least <= self.billed_gb <= most:
            raise ValueError(
                f"a worker of {self.cores} vCPUs has {least} to {most} GB, and {self.memory_gb} GB with Spark's tenth "
                f"on top are {self.billed_gb}"
            )
        return self


def _is_of_a_run(step: str) -> str:
    if step not in MACHINE_STEPS:
        raise ValueError(f"{step} is no step of a run: one of {', '.join(MACHINE_STEPS)}")
    return step


class Workers(Settings):
    """The workers of one step; a setting left out is that of all steps."""

    driver: WorkerSize | None = None
    executor: WorkerSize | None = None
    max_executors: Annotated[int, Field(ge=1)] | None = None


class Spark(Settings):
    """The limits of one job run and of the whole application; `steps` overrides them for single steps."""

    driver: WorkerSize = WorkerSize()
    executor: WorkerSize = WorkerSize()
    max_executors: Annotated[int, Field(ge=1)] = 2
    steps: dict[Annotated[Step, BeforeValidator(_is_of_a_run)], Workers] = Field(default={})
    maximum_vcpu: Annotated[int, Field(ge=1)] = 16
    maximum_memory_gb: Annotated[int, Field(ge=1)] = 64
    idle_minutes: Annotated[int, Field(ge=1, le=10080)] = 15
    job_timeout_minutes: Annotated[int, Field(ge=5, le=10080)] = 120

    def of(self, step: Step | None) -> Spark:
        """The settings of a step's job runs; with None, those of all steps without their own."""
        own = self.steps.get(step) if step else None
        return self.model_copy(update={name: value for name, value in own if value is not None} if own else {})

    @property
    def at_once(self) -> int:
        """How many job runs of any steps fit into the application at once, each with a driver and one executor."""
        sizes = [(of.driver, of.executor) for of in map(self.of, (None, *self.steps))]
        by_vcpu = (self.maximum_vcpu // (driver.cores + executor.cores) for driver, executor in sizes)
        by_memory = (self.maximum_memory_gb // (driver.billed_gb + executor.billed_gb) for driver, executor in sizes)
        return min(*by_vcpu, *by_memory)

    @model_validator(mode="after")
    def _fit_the_application(self) -> Self:
        for step in (None, *self.steps):
            spark = self.of(step)
            vcpus = spark.driver.cores + spark.max_executors * spark.executor.cores
            memory = spark.driver.billed_gb + spark.max_executors * spark.executor.billed_gb
            if vcpus > self.maximum_vcpu or memory > self.maximum_memory_gb:
                raise ValueError(
                    f"a job run of {step or 'full size'} takes {vcpus} vCPUs and {memory} GB, and the application has "
                    f"{self.maximum_vcpu} and {self.maximum_memory_gb}: lower max_executors or the sizes, or raise "
                    "maximum_vcpu and maximum_memory_gb"
                )
        return self
