"""Several tables at once: the order in which they are worked on, and what one table's failure does to others."""

import logging
import threading
from datetime import date
from pathlib import Path

import pytest

from jobs.runtime.failures import MESSAGE_LENGTH
from jobs.runtime.schedule import run_tables
from shared.contracts import Column, Disposition, Kind, Parent, Table
from shared.errors import GateClosedError, SourceUnavailableError
from shared.jobs import OUTCOME_MARK, Job, Status, Step, TableOutcome
from shared.names import TableName
from tests.support.errors import error

NO = "no answer; given: this; expected: that; to fix: mend it"
JOB = Job(
    env="local",
    step=Step.REFINE,
    run_id="r1",
    attempt="a1",
    business_date=date(2026, 1, 1),
    lake_root="lake",
    pii_root="pii",
    landing_root="landing",
)


def table(name, *inputs, parent=None):
    key = Column(name="key", type="bigint", description="Key.")
    of_parent = Column(
        name="of_parent",
        type="bigint",
        description="Parent.",
        parent=Parent(table=TableName.parse(parent), column="key") if parent else None,
    )
    return Table(
        name=TableName.parse(name),
        kind=Kind.BUILT,
        version="1.0.0",
        description="Words.",
        grain="One row per key.",
        columns=(key, of_parent),
        primary_key=("key",),
        disposition=Disposition.REFRESH,
        inputs=tuple(TableName.parse(i) for i in inputs),
        file=Path("table.odcs.yaml"),
    )


def tables(**dependencies):
    """Tables of the gold layer by name, with the gold tables they read."""
    return [table(f"gold.{name}", *[f"gold.{i}" for i in inputs.split()]) for name, inputs in dependencies.items()]


def outcome(of, status=Status.SUCCEEDED):
    return TableOutcome(table=str(of.name), step=JOB.step, status=status)


def statuses(outcomes):
    return {o.table.removeprefix("gold."): o.status.value for o in outcomes}


def short(status):
    return {"ok": "succeeded", "failed": "failed", "skipped": "skipped"}[status]


@pytest.mark.parametrize(
    "dependencies, failing, failed_before, expected",
    [
        pytest.param({"a": "", "b": ""}, "", "", {"a": "ok", "b": "ok"}, id="nothing fails"),
        pytest.param({"a": "", "b": ""}, "a", "", {"a": "failed", "b": "ok"}, id="others go on"),
        pytest.param({"a": "", "b": "a"}, "a", "", {"a": "failed", "b": "skipped"}, id="a dependant is skipped"),
        pytest.param(
            {"a": "", "b": "a", "c": "b", "d": ""},
            "a",
            "",
            {"a": "failed", "b": "skipped", "c": "skipped", "d": "ok"},
            id="and what depends on that one",
        ),
        pytest.param(
            {"a": "", "b": "", "c": "a b"}, "b", "", {"a": "ok", "b": "failed", "c": "skipped"}, id="one of two inputs"
        ),
        pytest.param(
            {"a": "", "b": "a", "c": "a"}, "b", "", {"a": "ok", "b": "failed", "c": "ok"}, id="sisters do not mind"
        ),
        pytest.param(
            {"b": "a", "c": ""}, "", "a", {"b": "skipped", "c": "ok"}, id="an input failed in an earlier step"
        ),
        pytest.param({"b": "a"}, "", "c", {"b": "ok"}, id="a stranger failed in an earlier step"),
        pytest.param({"a": "", "b": "a", "c": "b"}, "c", "", {"a": "ok", "b": "ok", "c": "failed"}, id="the last one"),
        pytest.param({}, "", "a", {}, id="no tables"),
    ],
)
def test_a_failure_skips_what_depends_on_it_and_nothing_else(dependencies, failing, failed_before, expected):
    touched = []

    def work(one):
        touched.append(one.name.table)
        if one.name.table in failing.split():
            raise error(GateClosedError, "the gate is closed")
        return outcome(one)

    outcomes = run_tables(tables(**dependencies), JOB, work, {f"gold.{f}" for f in failed_before.split()})
    assert {name: short(status) for name, status in expected.items()} == statuses(outcomes)
    assert {name for name, status in expected.items() if status != "skipped"} == set(touched)


def test_a_parent_of_a_foreign_key_comes_first_and_its_failure_skips():
    asked = []

    def work(one):
        asked.append(one.name.table)
        if one.name.table == "parent":
            raise error(GateClosedError, "the gate is closed")
        return outcome(one)

    outcomes = run_tables([table("gold.parent"), table("gold.child", parent="gold.parent")], JOB, work, set())
    assert ["parent"] == asked
    assert "not touched, because it depends on gold.parent" == outcomes[1].reason


def test_the_reason_names_every_cause():
    def work(one):
        raise error(GateClosedError, "the gate is closed")

    *_, last = run_tables(tables(a="", b="", c="a b"), JOB, work, set())
    assert "not touched, because it depends on gold.a, gold.b" == last.reason


def test_every_table_comes_after_its_inputs():
    done = []

    def work(one):
        assert {i.table for i in one.inputs} <= set(done)
        done.append(one.name.table)
        return outcome(one)

    found = run_tables(tables(a="", b="a", c="a", d="b c", e="", f="d e"), JOB, work, set())
    assert set("abcdef") == set(done)
    assert list("abcdef") == [o.table.removeprefix("gold.") for o in found]


def test_tables_that_need_nothing_of_each_other_are_worked_at_once():
    together = threading.Barrier(4, timeout=30)

    def work(one):
        together.wait()
        return outcome(one)

    assert {"succeeded"} == set(statuses(run_tables(tables(a="", b="", c="", d=""), JOB, work, set())).values())


@pytest.mark.parametrize(
    "raised, failure",
    [
        pytest.param(
            SourceUnavailableError("no answer"), ("SourceUnavailableError", "no answer", True), id="retryable"
        ),
        pytest.param(GateClosedError("closed"), ("GateClosedError", "closed", False), id="terminal"),
        pytest.param(ZeroDivisionError("by zero"), ("ZeroDivisionError", "by zero", False), id="of a stranger"),
        pytest.param(ValueError("x" * 9999), ("ValueError", "x" * MESSAGE_LENGTH, False), id="long"),
    ],
)
def test_an_error_is_told_as_data(raised, failure):
    def work(one):
        raise raised

    [found] = run_tables(tables(a=""), JOB, work, set())
    assert failure == (found.failure.error, found.failure.message, found.failure.retryable)
    assert (Step.REFINE, Status.FAILED, True) == (found.step, found.status, found.is_red)


def test_a_process_that_is_ended_reports_nothing():
    def work(one):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tables(tables(a="", b="a"), JOB, work, set())


def test_each_outcome_is_logged_as_it_comes(caplog):
    caplog.set_level(logging.INFO, "jobs.runtime.schedule")
    run_tables(tables(a=""), JOB, outcome, set())
    [line] = [r.getMessage() for r in caplog.records]
    found = TableOutcome.model_validate_json(line.removeprefix(OUTCOME_MARK))
    assert ("gold.a", Status.SUCCEEDED) == (found.table, found.status)
