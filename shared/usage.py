"""What a job run used of EMR Serverless, and what that costs.

A job run's usage is kept beside its outcomes, `<lake_root>/runs/<run_id>/<step>/<attempt>.usage.json`. It has no costs:
prices are the environment's, and change.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared.jobs import Step
from shared.names import RUNS_FOLDER

USAGE_SUFFIX = ".usage.json"


class Prices(BaseModel):
    """Prices of EMR Serverless per hour, USD; replace them with those of your region: https://aws.amazon.com/emr/pricing.

    The defaults are us-east-1's on ARM64: a fifth below the list prices on x86, 0.052624 and 0.0057785, and the list
    price of storage.
    Sources: the price list as PerfKitBenchmarker keeps it (aws_dpb_emr_serverless_prices.py); for the fifth the AWS Big
    Data Blog, "Achieve up to 27% better price-performance for Spark workloads with AWS Graviton2 on EMR Serverless".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    vcpu_hour: float = Field(default=0.0420992, ge=0)
    memory_gb_hour: float = Field(default=0.0046228, ge=0)
    storage_gb_hour: float = Field(default=0.000111, ge=0)


class JobRunUsage(BaseModel):
    """One job run's usage in hours as GetJobRun has them; storage without the 20 GB per worker that are free.

    If `is_billed`, these are the billed hours; otherwise the hours used, though each worker is billed for at least a
    minute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: str
    run_id: str
    step: Step
    attempt: str
    job_run_id: str
    state: str
    is_billed: bool
    vcpu_hours: float = Field(ge=0)
    memory_gb_hours: float = Field(ge=0)
    storage_gb_hours: float = Field(ge=0)

    def cost(self, prices: Prices) -> float:
        """What it costs, USD."""
        return (
            self.vcpu_hours * prices.vcpu_hour
            + self.memory_gb_hours * prices.memory_gb_hour
            + self.storage_gb_hours * prices.storage_gb_hour
        )


def usage_location(lake_root: str, run_id: str, step: Step, attempt: str) -> str:
    """Where the JobRunUsage of a job run is left once it has ended."""
    return f"{lake_root}/{RUNS_FOLDER}/{run_id}/{step}/{attempt}{USAGE_SUFFIX}"
