"""Every table of the project that is refreshed, under random changes of its inputs: it equals a rebuild, exactly.

The tables and their inputs come from the contracts, so a new one is in here without a new test. A table that is always
rebuilt is left out, unless one of these reads it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from delta.tables import DeltaTable

from jobs.build import flow as build_flow
from jobs.build.query import over_views
from jobs.main import run
from jobs.runtime.files import OUTCOMES
from jobs.runtime.tables import ensure_table, spark_schema
from shared.contracts import Catalog, Kind, Table, load_catalog
from shared.contracts.refresh import derive_refresh_rule, view_of
from shared.jobs import Job, Status, Step, TableOutcome
from shared.names import outcomes_location, table_location
from tests.support.contract_samples import all_keys, sample_key, sample_row
from tests.support.delta_tables import Written
from tests.support.small_lake import TODAY, lease_account

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.slow, pytest.mark.long]

STEPS, MOST_CHANGES, SEED = 2, 4, 20261125
GONE = "_gone"


@cache
def open_gates() -> Catalog:
    """The tables that are refreshed and their inputs, without rules, which random rows would break."""
    catalog = load_catalog()
    wanted = {n for n, t in catalog.tables.items() if derive_refresh_rule(t, catalog.tables).is_refreshed}
    for name, table in reversed(catalog.tables.items()):
        if name in wanted and table.kind is Kind.BUILT and not table.history:
            wanted |= set(map(str, table.inputs))
    built = {n for n in wanted if catalog.table(n).kind is Kind.BUILT and not catalog.table(n).history}
    tables = {n: t for n, t in catalog.tables.items() if n in wanted}
    return Catalog({n: _without_rules(t) if n in built else t for n, t in tables.items()})


def _without_rules(table: Table) -> Table:
    columns = tuple(replace(c, parent=None, required=c.name in table.primary_key) for c in table.columns)
    return replace(table, columns=columns, row_rules=(), table_rules=())


@dataclass
class Changing:
    """A lake whose refined tables change at random, each change one commit."""

    root: Path
    spark: SparkSession
    random: random.Random
    rows: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = field(default_factory=dict)
    runs: int = 0

    @property
    def inputs(self) -> list[Table]:
        return [t for t in open_gates().tables.values() if t.kind is not Kind.BUILT]

    @property
    def built(self) -> list[Table]:
        return [t for t in open_gates().tables.values() if t.kind is Kind.BUILT]

    def location(self, table: Table) -> str:
        return table_location(str(self.root), table.name)

    def begin(self) -> None:
        for table in self.inputs:
            self.rows[str(table.name)] = {k: sample_row(table, k, self.random) for k in all_keys(table, self.random)}
            schema = spark_schema(table)
            ensure_table(self.spark, self.location(table), schema, needs_feed=True)
            self._write(table, list(self.rows[str(table.name)].values()), "overwrite")

    def change(self, table: Table) -> None:
        """Insert, delete and update some rows of a table; now and then replace all of them instead."""
        rows, r = self.rows[str(table.name)], self.random
        changes: dict[tuple[Any, ...], tuple[Any, ...] | None] = {}
        for _ in range(r.randrange(1, MOST_CHANGES)):
            key = r.choice(list(rows)) if rows and r.random() < 0.7 else sample_key(table, r)
            gone = key in rows and r.random() < 0.3
            changes[key] = None if gone else sample_row(table, key, r)
        old = {key: rows[key] for key in changes if key in rows}
        self.rows[str(table.name)] = {k: v for k, v in {**rows, **changes}.items() if v is not None}
        if r.random() < 0.15:
            self._write(table, list(self.rows[str(table.name)].values()), "overwrite")
            return
        marked = [(*(row or old[key]), row is None) for key, row in changes.items()]
        self._merge(table, marked)

    def build(self) -> dict[str, TableOutcome]:
        """One run of the build step, as a machine would start it."""
        self.runs += 1
        places = {
            "lake_root": str(self.root),
            "pii_root": str(self.root / "pii"),
            "landing_root": str(self.root / "landing"),
        }
        who = {"env": "local", "run_id": f"r{self.runs}", "attempt": f"a{self.runs}"}
        # Named, since the tables that the inputs are made from are not in this catalog.
        asked = {"step": Step.BUILD, "business_date": TODAY, "tables": tuple(str(t.name) for t in self.built)}
        job = Job.model_validate({**who, **places, **asked})
        run(["--job", job.model_dump_json()], self.spark, open_gates())
        left = outcomes_location(str(self.root), job.run_id, job.step, job.attempt)
        with open(left, "rb") as file:  # noqa: PTH123 - a location of the lake
            return {o.table: o for o in OUTCOMES.validate_json(file.read())}

    def kept(self, table: Table) -> list[tuple[Any, ...]]:
        rows = self.spark.read.format("delta").load(self.location(table)).select(*table.column_names)
        return sorted(map(tuple, rows.collect()), key=str)

    def rebuilt(self, table: Table) -> list[tuple[Any, ...]]:
        """The table's query run from scratch, without the engine."""
        session = self.spark.newSession()
        session.conf.set("spark.sql.session.timeZone", "UTC")
        for name in table.query.inputs:
            place = self.location(open_gates().table(str(name)))
            session.read.format("delta").load(place).createOrReplaceTempView(view_of(name))
        session.createDataFrame([(TODAY,)], "business_date date").createOrReplaceTempView("business_date")
        rows = session.sql(over_views(table.query.sql, table.query.inputs)).select(*table.column_names)
        return sorted(map(tuple, rows.collect()), key=str)

    def _write(self, table: Table, rows: list[tuple[Any, ...]], mode: str) -> None:
        def write(session: SparkSession, location: str) -> None:
            frame = session.createDataFrame(rows, spark_schema(table)).coalesce(1)
            frame.write.format("delta").mode(mode).save(location)

        Written(self.spark, self.location(table), str(table.name)).commit(write)

    def _merge(self, table: Table, marked: list[tuple[Any, ...]]) -> None:
        def write(session: SparkSession, location: str) -> None:
            schema = spark_schema(table).add(GONE, "boolean")
            source = session.createDataFrame(marked, schema).coalesce(1).alias("s")
            same = " AND ".join(f"t.{k} = s.{k}" for k in table.primary_key)
            values = {c.name: f"s.{c.name}" for c in table.all_columns}
            merge = DeltaTable.forPath(session, location).alias("t").merge(source, same)
            merge = merge.whenMatchedDelete(f"s.{GONE}").whenMatchedUpdate(set=values)
            merge.whenNotMatchedInsert(f"NOT s.{GONE}", values=values).execute()

        Written(self.spark, self.location(table), str(table.name)).commit(write)


def test_refreshed_equals_rebuilt(spark, tmp_path, monkeypatch):
    # In a table this small, even a large share of touched rows must lead to a refresh here.
    monkeypatch.setattr(build_flow, "MOST_TOUCHED", 1)
    lake = Changing(tmp_path, spark, random.Random(SEED))  # noqa: S311 - the same rows each time
    proven = {str(t.name) for t in lake.built if derive_refresh_rule(t, open_gates().tables).is_refreshed}
    refreshed = set()
    with lease_account():
        lake.begin()
        lake.build()
        for step in range(STEPS):
            for table in lake.inputs:
                if step == 0 or lake.random.random() < 0.6:
                    lake.change(table)
            outcomes = lake.build()
            for table in lake.built:
                outcome = outcomes[str(table.name)]
                assert not outcome.is_red, outcome.failure
                refreshed |= {outcome.table} if outcome.reason.startswith("refreshed") else set()
                assert lake.rebuilt(table) == lake.kept(table), f"{table.name}, step {step}: {outcome.reason}"
        again = lake.build()
    assert {Status.UNCHANGED} == {o.status for o in again.values()}
    assert proven == refreshed
