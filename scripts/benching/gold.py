"""Measures built tables on TPC-H: a refresh against a rebuild, and a rebuild against a plain write of the query."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.benching.demo import Figure
from scripts.benching.gold_contracts import TABLES, write_contracts
from scripts.benching.gold_data import Inputs, generate
from scripts.benching.stopwatch import parts_timed, seconds
from shared.errors import TerminalError
from shared.jobs import Job, Status, Step
from shared.names import TableName, outcomes_location, table_location

if TYPE_CHECKING:
    from types import ModuleType

    from pyspark.sql import DataFrame, SparkSession
    from rich.console import Console

    from shared.contracts import Catalog
    from shared.jobs import TableOutcome

ENV = "bench"
BUILT = tuple(t.name for t in TABLES if t.sql)


@dataclass
class Measurement:
    """A lake with two silver and two gold tables, and what was measured on it."""

    spark: SparkSession
    catalog: Catalog
    inputs: Inputs
    root: str
    console: Console
    seconds: dict[str, list[float]] = field(default_factory=dict)
    runs: int = 0

    def round(self) -> None:
        """Write each table's query plainly, then rebuild it, run it without news, and refresh it after a change."""
        for name in BUILT:
            self._note(f"{name}: plain write", seconds(partial(self._plain_write, name)))
            shutil.rmtree(table_location(self.root, TableName.parse(name)), ignore_errors=True)
            self._build(name, "rebuild", "rebuilt")
            self._build(name, "nothing changed", "")
        self.inputs.change()
        for name in BUILT:
            self._build(name, "1 % changed", "refreshed")

    def check(self) -> None:
        """Compare each table with its query.

        Raises:
            TerminalError: they differ.
        """
        for name in BUILT:
            kept = self.spark.read.format("delta").load(table_location(self.root, TableName.parse(name)))
            made = self._query(name)
            hashed = f"sum(cast(xxhash64({', '.join(kept.columns)}) AS decimal(38, 0)))"
            if (
                kept.selectExpr("count(*)", hashed).first()
                != made.select(*kept.columns).selectExpr("count(*)", hashed).first()
            ):
                raise TerminalError(f"{name} is not what its query gives")

    def _build(self, name: str, what: str, reason: str) -> None:
        """Run the build step for one table, and require the outcome that is to be measured."""
        from jobs.main import run
        from jobs.runtime.files import OUTCOMES

        self.runs += 1
        places = {"lake_root": self.root, "pii_root": f"{self.root}/pii", "landing_root": f"{self.root}/landing"}
        who: dict[str, Any] = {"env": ENV, "run_id": f"r{self.runs}", "attempt": "a", "tables": (name,)}
        job = Job(step=Step.BUILD, business_date=date(1998, 12, 31), **who, **places)
        with parts_timed(_parts()) as parts:
            run(["--job", job.model_dump_json()], self.spark, self.catalog)
        left = Path(outcomes_location(self.root, job.run_id, job.step, job.attempt)).read_bytes()
        took = _well(OUTCOMES.validate_json(left)[0], reason).seconds
        self._note(f"{name}: {what}", took)
        parts["else"] = took - sum(parts.values())
        for part, part_took in parts.items() if reason else ():
            self._note(f"{name}: {what}, {part}", part_took)

    def _plain_write(self, name: str) -> None:
        self._query(name).write.format("delta").mode("overwrite").save(f"{self.root}/plain/{name}")

    def _query(self, name: str) -> DataFrame:
        from jobs.build.query import over_views
        from shared.contracts.refresh import view_of

        query = self.catalog.table(name).query
        if query is None:
            raise TerminalError(f"{name} has no query")
        for at in query.inputs:
            self.spark.read.format("delta").load(table_location(self.root, at)).createOrReplaceTempView(view_of(at))
        return self.spark.sql(over_views(query.sql, query.inputs))

    def _note(self, what: str, took: float) -> None:
        self.seconds.setdefault(what.removeprefix("gold."), []).append(took)
        self.console.print(f"{what}: {took:.2f} s")

    @property
    def figures(self) -> list[Figure]:
        """All seconds, and for each table the ratios of a refresh and a rebuild to what they are compared with."""
        found = [Figure(n, "s", tuple(round(v, 2) for v in values)) for n, values in self.seconds.items()]
        for name in (n.removeprefix("gold.") for n in BUILT):
            plain, rebuilt, changed = (
                self.seconds[f"{name}: {what}"] for what in ("plain write", "rebuild", "1 % changed")
            )
            found.append(Figure.ratio(f"{name}: refresh by rebuild", changed, rebuilt))
            found.append(Figure.ratio(f"{name}: rebuild by plain write", rebuilt, plain))
        return found


def measure(rounds: int, console: Console, *, scale: float, memory: str) -> list[Figure]:
    """Generate TPC-H's data and measure; a first round warms up and is not counted.

    Args:
        rounds: How often to measure.
        console: Where progress is printed.
        scale: TPC-H's scale factor; 1 has 6 million lines.
        memory: Spark's memory, as Spark writes it.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lake-bench-")))
        console.print(f"making TPC-H of scale {scale:g}")
        generate(folder, scale)
        measurement = _prepared(stack, folder, memory, console)
        counts = measurement.inputs.load()
        console.print(", ".join(f"{count:,} {table}" for table, count in counts.items()))
        measurement.round()
        measurement.seconds.clear()
        for turn in range(rounds):
            console.print(f"round {turn + 1}")
            measurement.round()
        measurement.check()
        return measurement.figures


def _prepared(stack: ExitStack, folder: Path, memory: str, console: Console) -> Measurement:
    from jobs.runtime.session import build_session
    from scripts.local.account import LocalAccount
    from scripts.local.clients import client
    from scripts.local.spark_settings import jar_paths, large_confs
    from scripts.running.item_tables import make_item_tables
    from shared.contracts import load_catalog

    stack.enter_context(LocalAccount(port=None))
    make_item_tables(client("dynamodb"), ENV)
    spark = build_session("lakewright-bench", jar_paths(), large_confs(memory))
    stack.callback(spark.stop)
    catalog = load_catalog(write_contracts(folder / "contracts"))
    root = str(folder / "lake")
    inputs = Inputs(spark=spark, catalog=catalog, folder=folder, root=root, env=ENV)
    return Measurement(spark=spark, catalog=catalog, inputs=inputs, root=root, console=console)


def _parts() -> dict[str, list[tuple[ModuleType, str]]]:
    """The engine's functions that take the time of a build, by what they do."""
    from jobs.build import flow, rebuild, refresh

    return {
        "groups": [(flow, "touched_groups")],
        "rows pinned": [(rebuild, "pin"), (refresh, "pin")],
        "rules": [(rebuild, "decide"), (refresh, "decide")],
        "committed": [(rebuild, "land"), (refresh, "land")],
    }


def _well(outcome: TableOutcome, reason: str) -> TableOutcome:
    expected = Status.SUCCEEDED if reason else Status.UNCHANGED
    if outcome.status is expected and outcome.reason.startswith(reason):
        return outcome
    raise TerminalError(
        f"{outcome.table} did not come out as was to be measured",
        given=f"{outcome.status} {outcome.reason} {outcome.failure.message if outcome.failure else ''}".strip(),
        expected=f"{expected} {reason}".strip(),
    )
