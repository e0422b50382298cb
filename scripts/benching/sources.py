"""Measures reading a source against the simplest script that reads the same, and the driver's memory meanwhile.

Both work in the same Spark, in turn, on the same rows, each into a new place. A reader lands its rows with
position, books and quarantine, and holds a lease; the plain script does none of that.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.ingest.flow import ingest
from jobs.runtime.flow import open_flow
from jobs.runtime.session import build_session
from scripts.benching.demo import Figure
from scripts.benching.driver_memory import APART, DriverMemory, spark_home
from scripts.benching.memory import PeakMemory
from scripts.benching.processor import processor_seconds
from scripts.benching.protocol_lake import NOON
from scripts.benching.sources_contracts import FEW, MANY, landed, sources_catalog
from scripts.benching.sources_filled import FilledSources
from scripts.benching.sources_plain import read_files_plainly, read_kafka_plainly, read_snowflake_plainly
from scripts.benching.stopwatch import seconds
from scripts.local.account import LocalAccount, variables
from scripts.local.clients import client
from scripts.local.driver_client import python_path
from scripts.local.spark_settings import jar_paths, large_confs
from scripts.running.item_tables import ENVIRONMENT, make_item_tables
from shared.errors import StepFailedError
from shared.jobs import Job, Step
from shared.names import pii_folder, source_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession
    from rich.console import Console

    from shared.contracts import Catalog

GROWTH = 10
PLAIN = {
    "snowflake": ("one cursor into Parquet", read_snowflake_plainly),
    "kafka": ("Spark's source into Delta", read_kafka_plainly),
    "files": ("Spark's CSV reader into Delta", read_files_plainly),
}
READER = "reader"


@dataclass(frozen=True)
class SourcesBench:
    """Readers and plain scripts over the same sources.

    Args:
        spark: The session.
        catalog: The contracts.
        sources: The sources to read.
        folder: The folder in which each measurement gets a temporary folder.
        console: Where progress is printed.
    """

    spark: SparkSession
    catalog: Catalog
    sources: FilledSources
    folder: Path
    console: Console
    taken: dict[str, list[float]] = field(default_factory=dict)

    def read_both_ways(self) -> None:
        """Read all rows of every source by its reader and by its plain script, and record the seconds."""
        for system, (words, read_plainly) in PLAIN.items():
            with self._place() as place:
                self._clock(f"{system}, {READER}", partial(self._ingest, system, MANY, place))
            with self._place() as place:
                plainly = partial(read_plainly, self.spark, self.sources, MANY, f"{place}/plain")
                self._clock(f"{system}, {words}", plainly)

    def weigh(self) -> None:
        """Read a few and many rows of every source, and record the driver's peak memory.

        The session's executors have to be in other processes than its driver.
        """
        for system in PLAIN:
            for size, count in self.sources.sizes.items():
                with self._place() as place, PeakMemory(DriverMemory(self.spark)) as memory:
                    self._ingest(system, size, place)
                self._note(_driver_at(system, count), memory.bytes / 2**20, "MiB")

    @property
    def figures(self) -> list[Figure]:
        """Rows per second both ways, the ratio of reader to plain script, and the driver's memory by number of rows."""
        few, many = (self.sources.sizes[size] for size in (FEW, MANY))
        found = []
        for system, (words, _) in PLAIN.items():
            ours, others = (self.taken[f"{system}, {way}"] for way in (READER, words))
            for way, taken in ((READER, ours), (words, others)):
                found.append(Figure(f"{system}, {way}", "rows/s", tuple(round(many / s) for s in taken)))
            found.append(Figure.ratio(f"{system}: time of {READER} / {words}", ours, others))
            ours, others = (self.taken[_processor_of(f"{system}, {way}")] for way in (READER, words))
            for way, taken in ((READER, ours), (words, others)):
                found.append(Figure(_processor_of(f"{system}, {way}"), "s", tuple(round(s, 1) for s in taken)))
            found.append(Figure.ratio(f"{system}: processor time of {READER} / {words}", ours, others))
            held = [self.taken[_driver_at(system, count)] for count in (few, many)]
            found.append(Figure(_driver_at(system, many), "MiB", tuple(round(m) for m in held[1])))
            found.append(Figure.ratio(f"{system}: driver at {GROWTH} times the rows", held[1], held[0]))
        return found

    def _ingest(self, system: str, size: str, place: str) -> None:
        """Bring a landed table up to date, as a run does.

        Raises:
            StepFailedError: not every row came in.
        """
        table = self.catalog.table(landed(system, size))
        places = {"lake_root": place, "pii_root": pii_folder(place), "landing_root": str(self.sources.landing)}
        who = {"env": ENVIRONMENT, "run_id": "bench", "attempt": "a", "business_date": NOON.date()}
        job = Job.model_validate({"step": Step.INGEST, "tables": (str(table.name),), **who, **places})
        with open_flow(self.spark, job, self.catalog, table) as flow:
            outcome = ingest(flow)
        if outcome.inserted != self.sources.sizes[size]:
            raise StepFailedError(f"{table.name} did not take in every row", given=str(outcome))

    def _clock(self, what: str, work: Callable[[], object]) -> None:
        """Record the elapsed time and the processor time of some work."""
        taken: list[float] = []
        of_processor = processor_seconds(self.spark, lambda: taken.append(seconds(work)))
        self._note(what, *taken, "s")
        self._note(_processor_of(what), of_processor, "s")

    def _place(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(dir=self.folder)

    def _note(self, what: str, value: float, unit: str) -> None:
        self.taken.setdefault(what, []).append(value)
        self.console.print(f"{what}: {value:.1f} {unit}")


def measure(rounds: int, console: Console, *, rows: int, memory: str) -> list[Figure]:
    """Fill the sources and measure; a first round warms up and is not counted.

    Args:
        rounds: How often each is measured.
        console: Where progress is printed.
        rows: How many rows each source holds; the driver's memory is measured with a tenth of them, too.
        memory: Spark's heap.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lake-bench-")))
        console.print(f"filling the sources with {rows:,} rows each")
        sources = stack.enter_context(FilledSources(folder, {FEW: rows // GROWTH, MANY: rows}))
        # Spark's Python workers inherit the environment that Spark was started with.
        stack.enter_context(LocalAccount())
        stack.enter_context(variables({"PYTHONPATH": python_path(), **spark_home(folder / "spark")}))
        make_item_tables(client("dynamodb"))
        for system, secret in (("snowflake", sources.snowflake.secret), ("kafka", sources.broker.secret)):
            name = source_secret(ENVIRONMENT, system)
            client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(secret))
        catalog = sources_catalog(folder / "contracts")
        taken: dict[str, list[float]] = {}
        for work, confs in ((SourcesBench.read_both_ways, {}), (SourcesBench.weigh, APART)):
            spark = build_session("lakewright-bench", jar_paths(), large_confs(memory) | confs)
            try:
                bench = SourcesBench(spark, catalog, sources, folder, console)
                work(bench)
                bench.taken.clear()
                for count in range(rounds):
                    console.print(f"round {count + 1}")
                    work(bench)
            finally:
                spark.stop()
            taken |= bench.taken
        return replace(bench, taken=taken).figures


def _processor_of(what: str) -> str:
    return f"{what}, processor"


def _driver_at(system: str, rows: int) -> str:
    return f"{system}: driver at {rows:,} rows"
