"""The settings of an environment; defaults live here and nowhere else."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from shared.access_modes import AccessMode
from shared.config.account import Account
from shared.config.file import read_settings, refusal
from shared.config.governance import Governance
from shared.config.kafka import Kafka
from shared.config.keys import Keys
from shared.config.network import Network, Vpc
from shared.config.replica import Replica
from shared.config.schedule import DailySchedule, HourlySchedule, Schedule, WeeklySchedule
from shared.config.settings import Settings
from shared.config.spark import Spark
from shared.errors import TerminalError, UnknownNameError
from shared.jobs import brings_up_to_date
from shared.names import Machine, pii_folder
from shared.usage import Prices
from shared.yaml_lines import nearest_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.yaml_lines import Lines

FOLDER = Path(__file__).parent
ROOTS = ("lake_root", "pii_root", "landing_root")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/.*)?")
# Source: Amazon CloudWatch Logs API reference, PutRetentionPolicy.
LogDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip


class Access(Settings):
    """How jobs reach data that Lake Formation governs; which combinations work is checked when templates are made.

    With `consumer`, the stack makes an application for the Spark jobs of readers, in that mode.
    """

    batch: AccessMode = AccessMode.IAM
    streaming: AccessMode = AccessMode.IAM
    consumer: AccessMode | None = None
    consumer_vcpu: Annotated[int, Field(ge=1)] = 16
    consumer_memory_gb: Annotated[int, Field(ge=1)] = 64


class GitHub(Settings):
    """The repository whose workflow deploys, and the environment that its job must name; by default this one."""

    repository: str = Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")
    environment: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+$")


class Environment(Settings):
    """One environment.

    `owner` is a tag, of the letters that every service takes; EMR Serverless takes the fewest.
    `lake_root`, `pii_root` (personal data) and `landing_root` name places outside the stack (an existing bucket, or a
    folder on a laptop); without them the stack's own buckets are used. `sources` gives the addresses of sources, for a
    Redshift the ARN of its cluster or serverless workgroup. With `allow_data_deletion`, a teardown may delete
    data, if it is told so with `--delete-data-of`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9]{1,11}$")
    owner: str = Field(pattern=r"^[A-Za-z0-9 /_.:=+@-]{1,256}$")
    catalog_prefix: str = Field(default="", pattern=r"^([a-z][a-z0-9_]*_)?$")
    lake_root: str | None = None
    pii_root: str | None = None
    landing_root: str | None = None
    allow_data_deletion: bool = False
    alarm_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    dashboard: bool = False
    log_retention_days: LogDays = 365
    spark: Spark = Spark()
    prices: Prices = Prices()
    keys: Keys = Keys()
    network: Network | None = None
    vpc: Vpc | None = None
    replica: Replica | None = None
    account: Account | None = None
    governance: Governance | None = None
    access: Access = Access()
    github: GitHub | None = None
    kafka: Kafka = Kafka()
    daily_batch: DailySchedule = DailySchedule()
    salesforce_ingestion: HourlySchedule = HourlySchedule()
    maintenance: WeeklySchedule = WeeklySchedule()
    sources: dict[str, str] = Field(default={})

    @property
    def vcpus_at_once(self) -> int:
        """The vCPUs that all applications of the environment may take at the same time."""
        streaming = self.spark.maximum_vcpu if self.kafka.every_seconds else 0
        return self.spark.maximum_vcpu + streaming + (self.access.consumer_vcpu if self.access.consumer else 0)

    @property
    def bootstrap_qualifier(self) -> str:
        """The qualifier in the names of the bootstrap stack's resources."""
        return (self.account or Account()).bootstrap_qualifier

    def in_role_path(self, name: str) -> str:
        """A role's name as its ARN ends: after the path that the account's settings give to every role."""
        return f"{(self.account or Account()).role_path.lstrip('/')}{name}"

    @model_validator(mode="after")
    def _fits_the_quota(self) -> Self:
        quota = (self.account or Account()).vcpu_quota
        if self.vcpus_at_once > quota:
            raise ValueError(
                f"the applications may take {self.vcpus_at_once} vCPUs at once, and the account's quota is {quota}: "
                "lower maximum_vcpu, or have the quota raised and say so in account.vcpu_quota"
            )
        return self

    @model_validator(mode="after")
    def _lives_in_one_network(self) -> Self:
        if self.network and self.vpc:
            raise ValueError("`network` names a VPC that is there and `vpc` makes one: give one of them")
        return self

    @model_validator(mode="after")
    def _keeps_its_places_apart(self) -> Self:
        """Refuse a bucket inside another: each has its own rights, keys and rules. A laptop has one folder for all."""
        given = {
            name: f"{place.rstrip('/')}/" for name in ROOTS if (place := getattr(self, name) or "").startswith("s3:")
        }
        for inner, outer in permutations(given, 2):
            if given[inner].startswith(given[outer]):
                raise ValueError(f"`{inner}` lies in `{outer}` ({given[inner]}): give each a place of its own")
        return self

    @model_validator(mode="after")
    def _copies_its_own(self) -> Self:
        existing = [n for n in ROOTS if getattr(self, n) is not None]
        if self.replica and existing:
            raise ValueError(
                f"`replica` copies the stack's own buckets, and {', '.join(existing)} names another place: "
                "copy that one yourself, or leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _has_a_place_for_its_cluster(self) -> Self:
        if not self.kafka.serverless:
            return self
        if not self.vpc and not (self.network and self.network.vpc_id):
            raise ValueError(
                "`kafka.serverless` makes a cluster in a VPC: have one made by `vpc`, or say which one the subnets of "
                "`network` are in, as network.vpc_id"
            )
        if (self.vpc and len(self.vpc.zones) == 1) or (self.network and len(self.network.subnet_ids) == 1):
            raise ValueError("MSK Serverless wants subnets in two zones at least, and there is one")
        return self

    @property
    def schedules(self) -> dict[Machine, Schedule]:
        """When the machines start by themselves."""
        return {
            Machine.DAILY_BATCH: self.daily_batch,
            Machine.SALESFORCE_INGESTION: self.salesforce_ingestion,
            Machine.MAINTENANCE: self.maintenance,
        }

    @property
    def brought_up_to_date_by(self) -> tuple[Machine, ...]:
        """The scheduled machines that bring tables up to date; without any, no table can be late."""
        return tuple(m for m, when in self.schedules.items() if when.enabled and brings_up_to_date(m))


def environment_names() -> list[str]:
    """The environments that exist, one a YAML file."""
    return sorted(p.stem for p in FOLDER.glob("*.yaml"))


def load_environment(name: str, *, root: str | None = None) -> Environment:
    """Read `shared/config/<name>.yaml`.

    Args:
        name: The environment, `dev`, `prod` or `local`.
        root: A folder to use instead of the buckets, for a lake on this machine.

    Raises:
        UnknownNameError: there is no such environment.
        TerminalError: the file is not UTF-8 or not YAML, or has an unknown key, a key twice or a bad value.
    """
    if name not in environment_names():
        raise UnknownNameError("environment", name, environment_names())
    path = FOLDER / f"{name}.yaml"
    settings, lines = read_settings(path)
    _refuse_another_name(path, settings, lines)
    _refuse_folders(path, settings, lines)
    settings["name"] = name
    if root is not None:
        settings |= {"lake_root": root, "pii_root": pii_folder(root), "landing_root": f"{root}/landing"}
    try:
        return Environment.model_validate(settings)
    except ValidationError as error:
        raise refusal(path.name, Environment, error, lines) from error


def _refuse_another_name(path: Path, settings: Mapping[str, Any], lines: Lines) -> None:
    """Refuse a name that is not the file's: what is deployed would be another environment's stack.

    Raises:
        TerminalError: there is one.
    """
    if (name := settings.get("name", path.stem)) != path.stem:
        raise TerminalError(
            f"{path.name}:{nearest_line(lines, ('name',))}: name: it is the file's",
            given=repr(name),
            expected=path.stem,
            mend="remove the key; another environment is another file",
        )


def _refuse_folders(path: Path, settings: Mapping[str, Any], lines: Lines) -> None:
    """Refuse a root that is no bucket, such as one without `s3://`: jobs would take it for a folder of their workers.

    Raises:
        TerminalError: there is one; its key is named.
    """
    for name in ROOTS:
        if (place := settings.get(name)) is not None and not _BUCKET.fullmatch(str(place)):
            raise TerminalError(
                f"{path.name}:{nearest_line(lines, (name,))}: {name}: a bucket is wanted",
                given=repr(place),
                expected="s3://BUCKET or s3://BUCKET/PREFIX",
                mend="name a bucket; a folder on this machine is given by --root",
            )
