"""A lake of a few small tables in a folder: contracts are texts, sources are files, leases lie in this process."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from jobs.main import run
from jobs.runtime.files import OUTCOMES, leave_outcomes
from scripts.local import conditions
from scripts.running.item_tables import make_item_tables
from shared.contracts import load_catalog
from shared.jobs import RUN_STEPS, UPKEEP_STEPS, Job, Step, TableOutcome
from shared.ledger import RunRecord
from shared.names import (
    Machine,
    Roots,
    TableName,
    lease_table,
    outcomes_location,
    pii_folder,
    pii_key_secret,
    quarantine_location,
    run_location,
    summary_location,
    table_location,
    tombstones_location,
)
from shared.summaries import StepSummary
from tests.support.small_contracts import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Catalog

ENV = "local"
# All but the one that compares tables once they are made, which most tests have no business with.
MAKING_STEPS = tuple(step for step in RUN_STEPS if step is not Step.RECONCILE)
NOON = 1_767_268_800
TODAY = date(2026, 1, 1)
PII_KEY = '{"current": "k1", "k1": "the key of a small lake"}'


@dataclass(frozen=True)
class Ran:
    """What a run did: the outcomes of its steps, by table or publication, and how each step ended."""

    run_id: str
    attempts: Mapping[Step, str]
    outcomes: Mapping[str, TableOutcome]
    summaries: Mapping[Step, StepSummary]

    def books(self, table: str) -> dict[str, int]:
        """What became of the rows one table read; only what is not zero."""
        counts = self.outcomes[table].model_dump(
            include={"read", "inserted", "updated", "deleted", "tombstoned", "recorded", "superseded", "quarantined"}
        )
        return {account: count for account, count in counts.items() if count}


@dataclass
class SmallLake:
    """A lake under `root`.

    Args:
        root: An empty folder.
        spark: The session.
        files: Contracts, queries and programs by `layer.table`, `layer.table.sql` and `layer.table.py`.
    """

    root: Path
    spark: SparkSession
    files: dict[str, str] = field(default_factory=lambda: dict(FILES))
    place: str = "lake"
    _landed: int = 0
    _attempts: int = 0
    _catalog: Catalog | None = None

    @property
    def lake_root(self) -> str:
        return str(self.root / self.place)

    @property
    def landing_root(self) -> str:
        return str(self.root / "landing")

    @property
    def catalog(self) -> Catalog:
        """The contracts, written down and read as the engine reads them."""
        if self._catalog is None:
            self._catalog = load_catalog(self.contracts())
        return self._catalog

    def contracts(self) -> Path:
        """A new folder with the contracts."""
        folder = self.root / f"contracts-{len(list(self.root.glob('contracts-*')))}"
        for name, text in self.files.items():
            layer, _, table = name.partition(".")
            path = folder / layer / (table if table.endswith((".sql", ".py")) else f"{table}.odcs.yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    def amend(self, name: str, old: str, new: str) -> None:
        """Put other words in a contract or query, where the old ones stand once."""
        if self.files[name].count(old) != 1:
            raise ValueError(f"{old!r} stands {self.files[name].count(old)} times in {name}")
        self.files[name] = self.files[name].replace(old, new)
        self._catalog = None

    def only(self, *names: str) -> None:
        """Keep only these contracts."""
        self.files = {n: t for n, t in self.files.items() if n.removesuffix(".sql") in names or n in names}
        self._catalog = None

    def branched(self) -> SmallLake:
        """A copy of the lake as it is now, with contracts of its own and the same landing place."""
        place = f"lake-{len(list(self.root.glob('lake-*')))}"
        shutil.copytree(self.lake_root, self.root / place)
        return replace(self, place=place, files=dict(self.files), _landed=self._landed + 100)

    def copied(self, root: Path) -> SmallLake:
        """A copy of the lake and of what was landed for it, with contracts of its own, in an empty folder."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return replace(self, root=root, files=dict(self.files))

    def land(self, table: str, *lines: str, name: str | None = None) -> Path:
        """Land a CSV file of a bronze table, later by a second than the one before."""
        self._landed += 1
        path = Path(self.landing_root, table.partition(".")[2], name or f"{self._landed:03}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        os.utime(path, (NOON + self._landed, NOON + self._landed))
        return path

    def job(self, step: Step, run_id: str = "r1", **changes: Any) -> Job:
        """A job run of a step, with an attempt of its own."""
        self._attempts += 1
        facts = {
            "env": ENV,
            "step": step,
            "run_id": run_id,
            "attempt": f"a{self._attempts}",
            "business_date": TODAY,
            "lake_root": self.lake_root,
            "pii_root": pii_folder(self.lake_root),
            "landing_root": self.landing_root,
        }
        return Job(**{**facts, **changes})

    def run(
        self,
        run_id: str,
        steps: Iterable[Step] = MAKING_STEPS,
        tables: tuple[str, ...] = (),
        business_date: date = TODAY,
        **changes: Any,
    ) -> Ran:
        """Run steps one after the other, as a machine does; `changes` are what else their jobs are told.

        Unless asked for, nothing is reconciled.
        """
        attempts: dict[Step, str] = {}
        outcomes: dict[str, TableOutcome] = {}
        summaries: dict[Step, StepSummary] = {}
        steps = tuple(steps)
        if Step.RECORD in steps and not {Step.RECONCILE, Step.MAINTAIN} & set(steps):
            idle = self.job(Step.RECONCILE, run_id)
            leave_outcomes(idle, [])
            attempts[Step.RECONCILE] = idle.attempt
        for step in steps:
            facts = {"tables": tables, "earlier": dict(attempts), "business_date": business_date, **changes}
            job = self.job(step, run_id, **facts)
            run(["--job", job.model_dump_json()], self.spark, self.catalog)
            attempts[step] = job.attempt
            where = (self.lake_root, run_id, step, job.attempt)
            found = OUTCOMES.validate_json(Path(outcomes_location(*where)).read_bytes())
            outcomes |= {f"{o.table} to {o.target}" if o.target else o.table: o for o in found}
            summaries[step] = StepSummary.model_validate_json(Path(summary_location(*where)).read_bytes())
        return Ran(run_id, attempts, outcomes, summaries)

    def upkeep(self, run_id: str, rollback: str | None = None, tables: tuple[str, ...] = ()) -> Ran:
        """Run the machine of upkeep."""
        return self.run(run_id, UPKEEP_STEPS, tables, machine=Machine.MAINTENANCE, rollback=rollback)

    def record(self, run_id: str) -> RunRecord:
        """The ledger's page of a run."""
        return RunRecord.model_validate_json(Path(run_location(self.lake_root, run_id)).read_bytes())

    def location(self, table: str) -> str:
        return table_location(self.root_of(table), TableName.parse(table))

    def quarantine_location(self, table: str) -> str:
        return quarantine_location(self.root_of(table), TableName.parse(table))

    def root_of(self, table: str) -> str:
        roots = Roots(self.lake_root, pii_folder(self.lake_root))
        return roots.of(is_personal=self.catalog.table(table).is_personal)

    def frame(self, table: str) -> DataFrame:
        """A table as Spark reads it."""
        return self.spark.read.format("delta").load(self.location(table))

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """A table's business columns, sorted."""
        names = self.catalog.table(table).column_names
        return sorted((tuple(r) for r in self.frame(table).select(*names).collect()), key=str)

    def refused(self, table: str) -> list[tuple[Any, ...]]:
        """A table's quarantine: batch, rules, source position, key and row, sorted."""
        location = self.quarantine_location(table)
        if not Path(location).exists():
            return []
        rows = self.spark.read.format("delta").load(location)
        rows = rows.select("batch", "rules", "source_position", "row_key", "row")
        return sorted((tuple(r) for r in rows.collect()), key=str)

    def tombstones(self, table: str) -> list[tuple[Any, ...]]:
        """A table's tombstones: batch, key and sequence, sorted."""
        location = tombstones_location(self.lake_root, TableName.parse(table))
        if not Path(location).exists():
            return []
        rows = self.spark.read.format("delta").load(location).drop("_run_id")
        return sorted(tuple(r) for r in rows.collect())

    def versions(self) -> dict[str, int]:
        """The newest version of every table and quarantine, as the files of their logs say it."""
        logs = sorted(Path(self.lake_root).glob("**/_delta_log"))
        return {
            str(log.parent.relative_to(self.lake_root)): max(versions)
            for log in logs
            if (versions := [int(file.stem) for file in log.glob("[0-9]*.json")])
        }


@contextmanager
def lease_account() -> Iterator[Any]:
    """An empty account in this process; gives the table of leases."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("secretsmanager").create_secret(Name=pii_key_secret(ENV), SecretString=PII_KEY)
        yield make_tables()


def make_tables() -> Any:
    """Make the tables of leases and of served rows in the account at hand, and give that of leases."""
    conditions.install()
    make_item_tables(boto3.client("dynamodb"), ENV)
    return boto3.resource("dynamodb").Table(lease_table(ENV))


def let_leases_run_out() -> None:
    """Let every lease run out, as those of a process that died do."""
    table = boto3.resource("dynamodb").Table(lease_table(ENV))
    for item in table.scan()["Items"]:
        table.update_item(
            Key={"table": item["table"]},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": 1},
        )
