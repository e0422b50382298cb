"""Every name the lake gives: tables, places and AWS resources."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.errors import TerminalError
from shared.serving import served_table

if TYPE_CHECKING:
    from shared.config import Environment
    from shared.jobs import Step


# In a contract's location this host stands for the environment's landing place.
LANDING = "s3://landing/"
RUNS_FOLDER = "runs"
RUN_FILE = "run.json"
STAGING_FOLDER = "staging"
UNLOAD_FOLDER = "unload"
QUARANTINE_FOLDER = "quarantine"
TOMBSTONES_FOLDER = "tombstones"
EVENTS_FOLDER = "events"
PII_FOLDER = "pii"
# In the logs bucket: the logs of drivers and executors.
JOB_LOGS_FOLDER = "emr"
# The stack's output with the location of the code of job runs, which contains the contracts.
JOBS_OUTPUT = "JobsUrl"
# The stack's output with the address of the API that serves rows.
API_OUTPUT = "ApiUrl"


class Layer(StrEnum):
    """The layers of the lake, in the order in which data passes through them."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, order=True)
class TableName:
    """A table's full name, written `layer.table`."""

    layer: Layer
    table: str

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read `layer.table`.

        Raises:
            TerminalError: the text is not of that form.
        """
        layer, dot, table = text.partition(".")
        if not dot or layer not in set(Layer) or not table.isidentifier():
            raise TerminalError(
                "a table name could not be read",
                given=repr(text),
                expected="<layer>.<table> with a layer of " + ", ".join(Layer),
            )
        return cls(Layer(layer), table)

    def __str__(self) -> str:
        return f"{self.layer}.{self.table}"


@dataclass(frozen=True)
class Roots:
    """The two roots of a lake: the open lake, and the place of personal data, which has its own key and rights."""

    lake: str
    pii: str

    def of(self, *, is_personal: bool) -> str:
        """The root of a table, its quarantine and its staged batches."""
        return self.pii if is_personal else self.lake


def pii_folder(lake_root: str) -> str:
    """The folder of personal data in a lake that has no bucket for it, as on a laptop."""
    return f"{lake_root}/{PII_FOLDER}"


def table_location(root: str, name: TableName) -> str:
    """Where the Delta table lives; `root` is `Roots.of` the table."""
    return f"{root}/{name.layer}/{name.table}"


def quarantine_location(root: str, name: TableName) -> str:
    """Where the rows refused by the table's rules live, as a Delta table of their own."""
    return f"{root}/{QUARANTINE_FOLDER}/{name.layer}/{name.table}"


def tombstones_location(root: str, name: TableName) -> str:
    """Where the deletes that took effect on a refined table are kept, as a Delta table of their own."""
    return f"{root}/{TOMBSTONES_FOLDER}/{name.layer}/{name.table}"


def events_location(root: str, name: TableName) -> str:
    """Where the events of a history are kept, as a Delta table of their own."""
    return f"{root}/{EVENTS_FOLDER}/{name.layer}/{name.table}"


def staging_location(root: str, run_id: str, name: TableName, sequence: int) -> str:
    """Where one batch is staged before it is committed; removed afterwards."""
    return f"{root}/{STAGING_FOLDER}/{run_id}/{name.layer}.{name.table}/{sequence}"


def unload_location(lake_root: str, run_id: str, name: TableName, attempt: str) -> str:
    """Where a warehouse unloads the rows of one batch for its reader; removed afterwards."""
    return f"{lake_root}/{UNLOAD_FOLDER}/{run_id}/{name}/{attempt}"


def summary_location(lake_root: str, run_id: str, step: Step, attempt: str) -> str:
    """Where a job run leaves its StepSummary."""
    return f"{lake_root}/{RUNS_FOLDER}/{run_id}/{step}/{attempt}.summary.json"


def outcomes_location(lake_root: str, run_id: str, step: Step, attempt: str) -> str:
    """Where a job run leaves its list of TableOutcome."""
    return f"{lake_root}/{RUNS_FOLDER}/{run_id}/{step}/{attempt}.outcomes.json"


def run_location(lake_root: str, run_id: str) -> str:
    """Where the record step leaves the RunRecord."""
    return f"{lake_root}/{RUNS_FOLDER}/{run_id}/{RUN_FILE}"


# The role that administers Lake Formation for the lake, one per account.
ACCESS_ADMIN_ROLE = "lakewright-access-admin"
ACCOUNT_STACK = "lakewright-account"


class Machine(StrEnum):
    """The state machines that work on tables; `backfill` and `smoke` are not among them."""

    DAILY_BATCH = "daily_batch"
    SALESFORCE_INGESTION = "salesforce_ingestion"
    FILE_LANDED = "file_landed"
    MAINTENANCE = "maintenance"

    @property
    def logical_id(self) -> str:
        """The machine's name in the templates, such as DailyBatch."""
        return "".join(part.title() for part in self.split("_"))

    @property
    def definition(self) -> str:
        """The file of its states, `step_functions/<definition>.asl.json`: one for all that bring tables up to date."""
        return self.value if self is Machine.MAINTENANCE else "bring_up_to_date"


class Variable(StrEnum):
    """The environment variables of Lambdas and jobs."""

    ENV = "LAKEWRIGHT_ENV"
    LAKE_ROOT = "LAKEWRIGHT_LAKE_ROOT"
    PII_ROOT = "LAKEWRIGHT_PII_ROOT"
    KNOWN_RUNS_TABLE = "LAKEWRIGHT_KNOWN_RUNS_TABLE"
    SERVED_TABLE = "LAKEWRIGHT_SERVED_TABLE"
    ACCESS_ADMIN_ROLE = "LAKEWRIGHT_ACCESS_ADMIN_ROLE"
    FILE_LANDED_ARN = "LAKEWRIGHT_FILE_LANDED_ARN"
    MACHINE_ARNS = "LAKEWRIGHT_MACHINE_ARNS"
    SCHEDULED_MACHINES = "LAKEWRIGHT_SCHEDULED_MACHINES"


@dataclass(frozen=True)
class Names:
    """The AWS names of one environment."""

    env: Environment

    @property
    def stack(self) -> str:
        """The top-level CloudFormation stack."""
        return f"lakewright-{self.env.name}"

    @property
    def application(self) -> str:
        """The EMR Serverless batch application."""
        return f"lakewright-{self.env.name}-batch"

    @property
    def lease_table(self) -> str:
        """The DynamoDB table that holds one lease item per lake table."""
        return lease_table(self.env.name)

    @property
    def served_table(self) -> str:
        """The DynamoDB table that holds the rows the API serves."""
        return served_table(self.env.name)

    def glue_database(self, layer: str) -> str:
        """The Glue database of a layer, or of the vaults."""
        return f"{self.env.catalog_prefix}{layer}"

    @property
    def tag_prefix(self) -> str:
        """The prefix of the environment's Lake Formation tags: an account has one set of tags for all environments."""
        return f"lakewright_{self.env.name}_"

    def reader_role(self, role: str) -> str:
        """The IAM role that the stack makes for a role of the contracts without an existing one."""
        return f"lakewright-{self.env.name}-{role}"

    @property
    def consumer_application(self) -> str:
        """The EMR Serverless application for readers who use Spark."""
        return f"lakewright-{self.env.name}-consumer"

    @property
    def deployer_role(self) -> str:
        """The IAM role that the deployment workflow assumes."""
        return f"lakewright-{self.env.name}-deployer"

    def workgroup(self, role: str) -> str:
        """The Athena workgroup of a role of the contracts: its users can read the results of all queries made in it."""
        return f"lakewright-{self.env.name}-{role}"

    def machine(self, machine: str) -> str:
        """A state machine."""
        return f"lakewright-{self.env.name}-{machine}"

    def schedule(self, machine: Machine) -> str:
        """The schedule that starts a machine."""
        return f"lakewright-{self.env.name}-{machine}"


def lease_table(env: str) -> str:
    """The DynamoDB table that holds one lease item per lake table."""
    return f"lakewright-{env}-lease"


def source_secret(env: str, source: str) -> str:
    """The Secrets Manager secret with a source's connection, as JSON."""
    return f"lakewright/{env}/{source}"


def source_parameter(env: str, source: str) -> str:
    """The SSM parameter with a source's address, where the address is not a secret."""
    return f"/lakewright/{env}/sources/{source}"


def pii_key_secret(env: str) -> str:
    """The secret with the keys that personal values are hashed with: generated once, retained, never replaced."""
    return f"lakewright/{env}/pii-key"
