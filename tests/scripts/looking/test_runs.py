"""The ledger is read from the pages of runs, and for a run without a page from what its steps left."""

import os
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from scripts.looking.errors import WrongRequestError
from scripts.looking.lake import open_lake
from scripts.looking.runs import all_records, all_runs, finished_run, finished_runs, one_run
from shared.errors import TerminalError, UnknownNameError
from shared.jobs import Status, Step
from shared.names import TableName, run_location
from tests.support.hand_made_lake import FIRST, RED, START, UNFINISHED, HandMadeLake, outcome


def test_runs_come_newest_first(lake):
    assert [UNFINISHED, RED, FIRST] == [run.run_id for run in all_runs(lake)]


def test_no_more_runs_are_read_than_are_asked_for(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    for i in range(40):
        made.record(f"r{i:02}", START + timedelta(days=i), {})
    page = Path(run_location(made.root, "r00"))
    page.write_text("the oldest page cannot be read")
    os.utime(page, (0, 0))
    there = open_lake(made.root)

    for newest, ids in (
        (islice(all_runs(there), 20), [f"r{i}" for i in range(39, 19, -1)]),
        (islice(all_records(there), 3), ["r39", "r38", "r37"]),
    ):
        assert ids == [run.run_id for run in newest]
    with pytest.raises(TerminalError):
        finished_runs(there)


def test_finished_runs_are_in_the_order_of_their_ends_whatever_the_times_of_files(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    for run_id, day in (("r1", 3), ("r2", 1), ("r3", 2)):
        made.record(run_id, START + timedelta(days=day), {})

    assert ["r1", "r3", "r2"] == finished_runs(open_lake(made.root))


def test_run_adds_up_what_its_steps_did(lake):
    run = one_run(lake, RED)

    assert ("red", START + timedelta(days=1), 6.0) == (run.colour, run.finished_at, run.seconds)
    assert {"succeeded": 2, "unchanged": 0, "failed": 1, "skipped": 1} == run.tables
    assert {
        "read": 4,
        "inserted": 2,
        "updated": 1,
        "deleted": 0,
        "tombstoned": 0,
        "recorded": 0,
        "superseded": 0,
        "quarantined": 1,
    } == run.counts


def test_run_knows_the_versions_at_its_end(lake):
    run = one_run(lake, FIRST)

    assert [0, None] == [run.version(TableName.parse(name)) for name in ("silver.orders", "silver.stock")]


def test_run_without_its_page_is_unfinished_and_counts_last_attempts(lake):
    run = one_run(lake, UNFINISHED)

    assert ("unfinished", None, None) == (run.colour, run.finished_at, run.business_date)
    assert [("bronze.shop__orders", Status.UNCHANGED)] == [(o.table, o.status) for o in run.outcomes]


@pytest.mark.parametrize("name", ["run-4", "..", "run-1/ingest"])
def test_unknown_run_is_answered_with_those_that_exist(lake, name):
    with pytest.raises(UnknownNameError, match=f"one of {UNFINISHED}, {RED}, {FIRST}$"):
        one_run(lake, name)


def test_many_runs_are_not_all_named(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    for i in range(12):
        made.record(f"r{i:02}", START + timedelta(days=i), {}, outcome("silver.stock", Step.REFINE))

    with pytest.raises(UnknownNameError, match=r"one of r11, .*, r02, 2 more$"):
        one_run(open_lake(made.root), "r99")


def test_unfinished_run_has_no_versions_to_read_at(lake):
    with pytest.raises(WrongRequestError, match="run run-3 has not finished"):
        finished_run(lake, UNFINISHED)


def test_page_that_cannot_be_read_is_named(tmp_path, catalog):
    made = HandMadeLake(tmp_path, catalog)
    made.record("r1", START, {})
    page = Path(run_location(made.root, "r1"))
    whole = page.read_text()

    for text, given in [
        (whole.replace('"green"', '"blue"').encode(), "colour: "),
        (whole[: len(whole) // 2].encode(), ": Invalid JSON: EOF while parsing"),
        (whole[:-2].encode() + "é".encode()[:1], "'utf-8' codec can't decode byte 0xc3"),
        (b"", ": Invalid JSON: EOF while parsing"),
    ]:
        page.write_bytes(text)
        with pytest.raises(TerminalError) as refused:
            list(all_runs(open_lake(made.root)))
        assert str(refused.value).startswith(f"{page} cannot be read; given: {given}"), str(refused.value)
        assert "or remove the file if it is not whole" in str(refused.value)

    page.unlink()
    made.record("r2", START, {})
    assert ["r2"] == [run.run_id for run in all_runs(open_lake(made.root))]
