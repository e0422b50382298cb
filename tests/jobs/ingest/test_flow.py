"""A bronze table brought up to date: every row of the source once, and each version of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID

from jobs.ingest.flow import NO_WINDOW
from jobs.ingest.readers import READERS
from shared.errors import SourceContentError, SourceUnavailableError
from shared.events import EVENT_SOURCE, SCHEMA_DRIFTED, SchemaDrifted
from shared.jobs import Status, Step, Window
from tests.support.errors import error
from tests.support.frames import assert_rows
from tests.support.shelf import Shelf
from tests.support.small_contracts import contract

CUSTOMERS = "bronze.shop__customers"
HEADER = "customer_id,name,changed_at"
SHELF = "bronze.shop__shelf"
COLUMNS = """\
      - {name: key, logicalType: string, physicalType: string, primaryKey: true, description: Key.}
      - {name: word, logicalType: string, physicalType: string, description: Word.}
      - {name: at, logicalType: integer, physicalType: bigint, description: Seconds.}
"""
WINDOWS = {"writeDisposition": "append", "cursor": "at"}
LOCATION = "bronze/shop__shelf"


def on_a_shelf(columns, custom):
    """The contract of a table of the source that a test fills, which stands where Snowflake does."""
    files = 'type: s3, location: "s3://landing/shop__shelf/*.csv", format: csv'
    return contract(SHELF, columns, custom).replace(files, "type: snowflake, account: a, database: d, schema: s")


@pytest.fixture
def lake(small_lake):
    small_lake.only(CUSTOMERS)
    return small_lake


@pytest.fixture
def ingest(lake):
    """Ingest, with a run of its own each time; the outcome of the only table."""
    runs = iter(range(1, 100))

    def once():
        [outcome] = lake.run(f"r{next(runs)}", (Step.INGEST,)).outcomes.values()
        return outcome

    return once


def counts(outcome):
    found = outcome.model_dump(include={"read", "inserted", "superseded", "quarantined"})
    return {account: count for account, count in found.items() if count}


@pytest.fixture
def shelf(lake, monkeypatch):
    """A source with a cursor, whose windows overlap by five."""
    lake.files = {SHELF: on_a_shelf(COLUMNS, WINDOWS)}
    source = Shelf()
    monkeypatch.setitem(READERS, "snowflake", source)
    return source


def test_a_file_is_landed_whole_with_what_the_engine_adds(lake, ingest):
    landed = lake.land(CUSTOMERS, f"{HEADER},colour", "1, Ann ,x,", '2,"","a,b",red', "", '3,"say ""hi""\nagain",,')
    before = datetime.now(UTC).replace(tzinfo=None)
    outcome = ingest()
    assert {"read": 3, "inserted": 3} == counts(outcome)
    assert (1, landed.stat().st_size, "2026-01-01T12:00:01+00:00") == (outcome.requests, outcome.bytes, outcome.cursor)
    frame = lake.frame(CUSTOMERS)
    [when] = {r["_ingested_at"] for r in frame.select("_ingested_at").collect()}
    assert before <= when
    file = "shop__customers/001.csv"
    assert_rows(
        "customer_id STRING, name STRING, changed_at STRING, _ingested_at TIMESTAMP NOT NULL, _run_id STRING NOT NULL, "
        "_sequence BIGINT NOT NULL, _source_position STRING, _rescued STRING",
        [
            ("1", " Ann ", "x", when, "r1", 1, f"{file}#2", None),
            ("2", "", "a,b", when, "r1", 1, f"{file}#3", '{"colour": "red"}'),
            ("3", 'say "hi"\nagain', None, when, "r1", 1, f"{file}#5", None),
        ],
        frame,
    )


def test_rows_that_are_none_go_to_the_quarantine_with_file_and_line(lake, ingest):
    lake.land(CUSTOMERS, HEADER, "1,Ann,x", "2,Bob", "3,Cy,x,y")
    assert {"read": 3, "inserted": 1, "quarantined": 2} == counts(ingest())
    first = [
        (1, ["long row: 4 of 3 fields"], "shop__customers/001.csv#4", None, "3,Cy,x,y"),
        (1, ["short row: 2 of 3 fields"], "shop__customers/001.csv#3", None, "2,Bob"),
    ]
    assert first == lake.refused(CUSTOMERS)

    # The file is sent again with a row more: what was refused in the same place is not refused twice.
    lake.land(CUSTOMERS, HEADER, "1,Ann,x", "2,Bob", "3,Cy,x,y", "4", name="001.csv")
    assert {"read": 4, "superseded": 3, "quarantined": 1} == counts(ingest())
    assert [*first, (2, ["short row: 1 of 3 fields"], "shop__customers/001.csv#5", None, "4")] == lake.refused(
        CUSTOMERS
    )

    # The same words in another file are another row.
    lake.land(CUSTOMERS, HEADER, "2,Bob")
    assert {"read": 1, "quarantined": 1} == counts(ingest())
    assert 4 == len(lake.refused(CUSTOMERS))


def test_a_row_is_dropped_only_if_it_equals_the_latest_known_row_of_its_key(lake, ingest):
    lake.land(CUSTOMERS, HEADER, "1,a,x", "2,a,x", "2,a,x", "3,,", ",no key,x")
    assert {"read": 5, "inserted": 4, "superseded": 1} == counts(ingest())
    lake.land(CUSTOMERS, HEADER, "1,b,x", "2,a,x", "3,,", ",no key,x")
    assert {"read": 4, "inserted": 1, "superseded": 3} == counts(ingest())
    lake.land(CUSTOMERS, HEADER, "1,a,x")
    assert {"read": 1, "inserted": 1} == counts(ingest())
    found = lake.frame(CUSTOMERS).select("customer_id", "name", "_sequence", "_source_position")
    assert_rows(
        "customer_id STRING, name STRING, _sequence BIGINT NOT NULL, _source_position STRING",
        [
            ("1", "a", 1, "shop__customers/001.csv#2"),
            ("1", "b", 2, "shop__customers/002.csv#2"),
            ("1", "a", 3, "shop__customers/003.csv#2"),
            ("2", "a", 1, "shop__customers/001.csv#3"),
            ("3", None, 1, "shop__customers/001.csv#5"),
            (None, "no key", 1, "shop__customers/001.csv#6"),
        ],
        found,
    )


def test_of_several_rows_of_a_key_in_one_batch_none_hides_what_comes_later(lake, ingest):
    """Monday's A and Tuesday's B are read at once: nothing says which is the newest, so Wednesday's A is new."""
    lake.land(CUSTOMERS, HEADER, "1,a,x", "2,a,x", ",a,x", ",b,x", name="monday.csv")
    lake.land(CUSTOMERS, HEADER, "1,b,x", "2,a,x", name="tuesday.csv")
    assert {"read": 6, "inserted": 5, "superseded": 1} == counts(ingest())
    lake.land(CUSTOMERS, HEADER, "1,a,x", "2,a,x", ",a,x", name="wednesday.csv")
    assert {"read": 3, "inserted": 1, "superseded": 2} == counts(ingest())

    # A file that is sent again, as it was or with more behind it, says of most keys what is known.
    lake.land(CUSTOMERS, HEADER, "3,a,x", "3,b,x", "4,a,x", "4,b,x", name="grown.csv")
    assert {"read": 4, "inserted": 4} == counts(ingest())
    lake.land(CUSTOMERS, HEADER, "3,a,x", "3,b,x", "4,a,x", "4,b,x", "4,c,x", name="grown.csv")
    assert {"read": 5, "inserted": 3, "superseded": 2} == counts(ingest())


def test_what_a_key_goes_back_to_in_one_batch_lands_too(lake, ingest):
    lake.land(CUSTOMERS, HEADER, "1,a,x", "2,a,x", "1,b,x", "2,a,x", "1,a,x")
    assert {"read": 5, "inserted": 4, "superseded": 1} == counts(ingest())
    found = lake.frame(CUSTOMERS).where("customer_id = '1'").orderBy("_source_position")
    assert ["a", "b", "a"] == [row["name"] for row in found.collect()]


def test_what_is_known_of_other_keys_is_not_read(lake, ingest):
    """Without a cursor a file is compared with what bronze has of its keys, not with all that it has."""
    for lines in (("1,a,x", "2,a,x"), ("8,a,x", "9,a,x", ",a,x")):
        lake.land(CUSTOMERS, HEADER, *lines)
        ingest()
    [others] = lake.frame(CUSTOMERS).where("customer_id = '1'").select("_metadata.file_path").collect()
    Path(others[0].removeprefix("file:")).unlink()
    lake.land(CUSTOMERS, HEADER, "8,a,x", "9,b,x", ",a,x")
    assert {"read": 3, "inserted": 1, "superseded": 2} == counts(ingest())


def test_a_new_file_with_known_rows_only_moves_the_position_on(lake, ingest):
    lake.land(CUSTOMERS, HEADER, "1,a,x")
    ingest()
    lake.land(CUSTOMERS, HEADER, "1,a,x")
    version = lake.versions()
    outcome = ingest()
    assert ({"read": 1, "superseded": 1}, 2) == (counts(outcome), outcome.sequence)
    moved = {table: number + 1 for table, number in version.items()}
    assert moved == lake.versions()
    idle = ingest()
    assert (Status.UNCHANGED, "") == (idle.status, idle.reason)
    assert moved == lake.versions()


def test_a_first_read_that_finds_no_file_says_what_it_looked_for(lake, ingest):
    outcome = ingest()
    said = "no file matches s3://landing/shop__customers/*.csv yet"
    assert (Status.UNCHANGED, said, {}) == (outcome.status, outcome.reason, lake.versions())


def test_a_source_without_rows_makes_an_empty_table_once(lake, shelf, ingest):
    assert {} == counts(ingest())
    assert [] == lake.rows(SHELF)
    version = lake.versions()
    assert Status.UNCHANGED is ingest().status
    assert version == lake.versions()
    assert [None, {"cursor": None}] == [p and {"cursor": p["cursor"]} for p in shelf.asked.values()]


def test_a_window_overlaps_the_last_and_only_what_is_new_in_it_lands(lake, shelf, ingest):
    shelf.rows = [("a", "1", 1), ("b", "1", 9), ("c", "1", None)]
    assert {"read": 3, "inserted": 3} == counts(ingest())
    assert Status.UNCHANGED is ingest().status

    # 10 is more than 9, though not as a text; `d` was committed late, with an older time.
    shelf.rows = [("a", "1", 1), ("b", "1", 9), ("c", "2", None), ("d", "1", 7), ("e", "1", 10)]
    assert {"read": 4, "inserted": 3, "superseded": 1} == counts(ingest())
    version = lake.versions()
    assert Status.UNCHANGED is ingest().status
    assert version == lake.versions()

    shelf.rows = [("b", "1", 9), ("d", "2", 7), ("e", "1", 10)]
    assert {"read": 3, "inserted": 1, "superseded": 2} == counts(ingest())
    assert [None, "9", "9", "10", "10"] == [p and p["cursor"] for p in shelf.asked.values()]
    landed = lake.frame(SHELF).select("key", "word", "at", "_sequence")
    assert_rows(
        "key STRING, word STRING, at BIGINT, _sequence BIGINT NOT NULL",
        [
            ("a", "1", 1, 1),
            ("b", "1", 9, 1),
            ("c", "1", None, 1),
            ("c", "2", None, 2),
            ("d", "1", 7, 2),
            ("d", "2", 7, 3),
            ("e", "1", 10, 2),
        ],
        landed,
    )


def test_a_window_that_goes_back_does_not_take_the_position_back(lake, shelf, ingest):
    shelf.rows = [("a", "1", 20)]
    ingest()
    shelf.rows = [("b", "1", 16)]
    assert {"read": 1, "inserted": 1} == counts(ingest())
    ingest()
    assert [None, "20", "20"] == [p and p["cursor"] for p in shelf.asked.values()]


def test_a_backfill_reads_its_window_once_and_the_next_run_goes_on_from_where_it_was(lake, shelf, ingest):
    """Below the position, beyond it, and where nothing was read before: each row lands once."""
    shelf.rows = [("a", "1", 30), ("n", "1", None)]
    ingest()
    version = lake.versions()[LOCATION]

    # Three were loaded late; `z` lies before the window, `y` where it ends.
    shelf.rows += [("z", "1", 9), ("b", "1", 10), ("c", "1", 12), ("y", "1", 13)]
    backfill = {"window": Window(since="10", until="13"), "steps": (Step.INGEST,)}
    outcome = lake.run("b1", **backfill).outcomes[SHELF]
    assert ({"read": 2, "inserted": 2}, "backfill of at from 10 to 13") == (counts(outcome), outcome.reason)
    assert Status.UNCHANGED is lake.run("b2", **backfill).outcomes[SHELF].status
    assert version + 1 == lake.versions()[LOCATION]

    # One beyond the position: the next run reads from where the last ordinary one stopped.
    shelf.rows = [("a", "1", 30), ("d", "1", 31), ("e", "1", 40), ("c", "2", 12)]
    lake.run("b3", window=Window(since="12", until="35"), steps=(Step.INGEST,))
    assert {"read": 3, "inserted": 1, "superseded": 2} == counts(ingest())
    assert [None, "30", "30", "30", "30"] == [p and p["cursor"] for p in shelf.asked.values()]
    # Of what lies outside of its windows a backfill asked nothing.
    assert 1 == len({p["asked_at"] for p in shelf.asked.values() if p})
    expected = [("a", "1", 30), ("b", "1", 10), ("c", "1", 12), ("c", "2", 12), ("d", "1", 31), ("e", "1", 40)]
    assert [*expected, ("n", "1", None)] == lake.rows(SHELF)


def test_a_first_backfill_leaves_the_first_read_to_be_made(lake, shelf, ingest):
    shelf.rows = [("a", "1", 1), ("b", "1", 9)]
    lake.run("b1", window=Window(since="9", until="20"), steps=(Step.INGEST,))
    assert {"read": 2, "inserted": 1, "superseded": 1} == counts(ingest())
    assert [None, {"cursor": None}] == list(shelf.asked.values())


def test_a_backfill_leaves_what_has_no_windows_as_it_is(lake, ingest):
    lake.land(CUSTOMERS, HEADER, "1,a,x")
    outcome = lake.run("b1", window=Window(since="1", until="2"), steps=(Step.INGEST,)).outcomes[CUSTOMERS]
    assert (Status.UNCHANGED, NO_WINDOW, {}) == (outcome.status, outcome.reason, lake.versions())
    assert {"read": 1, "inserted": 1} == counts(ingest())


def test_several_versions_of_a_key_in_one_window_are_all_known(lake, shelf, ingest):
    shelf.rows = [("a", "1", 7), ("a", "2", 8), ("a", "3", 9)]
    assert {"read": 3, "inserted": 3} == counts(ingest())
    assert Status.UNCHANGED is ingest().status


def test_an_unreadable_row_in_an_overlap_is_refused_once(lake, shelf, ingest):
    shelf.rows, shelf.malformed = [("a", "1", 1)], [("x;y", "a number that is none")]
    assert {"read": 2, "inserted": 1, "quarantined": 1} == counts(ingest())
    assert Status.UNCHANGED is ingest().status
    shelf.rows.append(("b", "1", 2))
    assert {"read": 3, "inserted": 1, "superseded": 2} == counts(ingest())
    assert [(1, ["a number that is none"], "shelf", None, "x;y")] == lake.refused(SHELF)


def test_a_snapshot_that_holds_the_same_rows_commits_nothing(lake, shelf, ingest):
    noon = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - Spark takes it as UTC
    columns = COLUMNS.replace(
        "at, logicalType: integer, physicalType: bigint", "at, logicalType: timestamp, physicalType: timestamp"
    )
    lake.files = {SHELF: on_a_shelf(columns, {"writeDisposition": "snapshot"})}
    shelf.rows = [("a", None, noon), ("b", "1", noon), ("b", "1", noon)]
    assert {"read": 3, "inserted": 3} == counts(ingest())
    version = lake.versions()
    shelf.rows.reverse()
    assert Status.UNCHANGED is ingest().status
    assert version == lake.versions()
    for rows in (
        [("a", None, noon), ("b", "1", noon)],
        [("a", None, noon), ("b", "1", noon.replace(microsecond=1))],
        [("a", "", noon), ("b", "1", noon.replace(microsecond=1))],
        [],
    ):
        shelf.rows = rows
        outcome = ingest()
        assert Status.SUCCEEDED is outcome.status
        last = lake.frame(SHELF).where(f"_sequence = {outcome.sequence}").select("key", "word", "at")
        assert_rows("key STRING, word STRING, at TIMESTAMP", rows, last)
    assert Status.UNCHANGED is ingest().status


@pytest.mark.parametrize(
    "raised, retryable",
    [
        pytest.param(error(SourceUnavailableError, "no answer"), True, id="it is down"),
        pytest.param(error(SourceContentError, "nonsense"), False, id="it sends nonsense"),
    ],
)
def test_a_source_that_fails_fails_its_table_alone_and_the_next_run_catches_up(
    lake, shelf, small_lake, raised, retryable
):
    web = contract(CUSTOMERS, COLUMNS, {"writeDisposition": "append"}).replace("type: s3", "type: api")
    lake.files[CUSTOMERS] = web.replace("format: csv", "format: parquet")
    other = Shelf(rows=[("z", "1", 1)])
    shelf.rows, shelf.error = [("a", "1", 1)], raised
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(READERS, "api", other)
        ran = lake.run("r1", (Step.INGEST,))
    failure = ran.outcomes[SHELF].failure
    assert (type(raised).__name__, retryable) == (failure.error, failure.retryable)
    assert [("z", "1", 1)] == lake.rows(CUSTOMERS)
    assert {"bronze/shop__customers"} == set(lake.versions())
    shelf.error = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(READERS, "api", other)
        ran = lake.run("r2", (Step.INGEST,))
    assert {SHELF: Status.SUCCEEDED, CUSTOMERS: Status.UNCHANGED} == {t: o.status for t, o in ran.outcomes.items()}


@pytest.fixture
def told(lake):
    """What came over the account's event bus from the lake, oldest first; each is taken once."""
    queue = boto3.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    pattern = json.dumps({"source": [EVENT_SOURCE], "detail-type": [SCHEMA_DRIFTED]})
    boto3.client("events").put_rule(Name="drift", EventPattern=pattern)
    target = {"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{DEFAULT_ACCOUNT_ID}:told"}
    boto3.client("events").put_targets(Rule="drift", Targets=[target])

    def messages():
        answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [SchemaDrifted.model_validate(json.loads(m["Body"])["detail"]) for m in answer.get("Messages", ())]

    return messages


def test_new_columns_are_told_over_the_event_bus_once(lake, ingest, told):
    place = {"env": "local", "table": CUSTOMERS, "system": "shop", "object": "shop__customers"}
    lake.land(CUSTOMERS, f"{HEADER},colour,size", "1,Ann,x,red,", "2,Bob,y,blue,")
    ingest()
    assert [SchemaDrifted(**place, run_id="r1", schema_contract="evolve", unknown={"colour": 2})] == told()
    lake.land(CUSTOMERS, f"{HEADER},colour", "3,Cy,z,red")
    ingest()
    assert [] == told()
    lake.land(CUSTOMERS, f"{HEADER},colour,size", "4,Di,z,red,7")
    ingest()
    unknown = {"colour": 1, "size": 1}
    assert [SchemaDrifted(**place, run_id="r3", schema_contract="evolve", unknown=unknown)] == told()


def test_columns_that_went_are_told_over_the_event_bus(lake, ingest, told):
    lake.land(CUSTOMERS, "customer_id,called,changed_at", "1,Ann,x")
    failure = ingest().failure
    [event] = told()
    assert ("SchemaDriftError", failure.message) == (failure.error, event.refused)
    assert "columns are missing from the header: name" in event.refused


def test_a_bus_that_takes_no_event_fails_no_table(lake, ingest, monkeypatch, caplog):
    def refuse(_):
        raise error(SourceUnavailableError, "no bus")

    monkeypatch.setattr("jobs.ingest.drift_event.client", refuse)
    lake.land(CUSTOMERS, f"{HEADER},colour", "1,Ann,x,red")
    assert {"read": 1, "inserted": 1} == counts(ingest())
    assert "bronze.shop__customers: its drift could not be told: no bus" in caplog.text


def test_an_error_in_a_worker_comes_out_as_one_of_the_house(lake, ingest):
    lake.land(CUSTOMERS, "customer_id,name", "1,a")
    failure = ingest().failure
    assert ("SchemaDriftError", False) == (failure.error, failure.retryable)
    assert failure.message.startswith("bronze.shop__customers: shop__customers/001.csv: columns are missing")
    assert {} == lake.versions()


DRIFTED = (f"{HEADER},colour,,", "1,Ann,x,red,,", "2,Bob,y,,,", "3,Cy,z,blue,7,", "4,Di")


def drifting(lake, value):
    """A table of customers whose contract says that of unknown columns."""
    old = "      - {property: writeDisposition, value: append}\n"
    lake.amend(CUSTOMERS, old, f"{old}      - {{property: schemaContract, value: {value}}}\n")


@pytest.mark.parametrize(
    "value, books, rescued",
    [
        pytest.param(
            "evolve", {"read": 4, "inserted": 3, "quarantined": 1},
            {"1": '{"colour": "red"}', "2": None, "3": '{"colour": "blue", "(column 5)": "7"}'}, id="kept",
        ),
        pytest.param(
            "discardValue", {"read": 4, "inserted": 3, "quarantined": 1}, {"1": None, "2": None, "3": None},
            id="values dropped",
        ),
        pytest.param(
            "quarantineRow", {"read": 4, "inserted": 1, "quarantined": 3}, {"2": None}, id="rows refused"
        ),
    ],
)  # fmt: skip
def test_the_contract_decides_what_becomes_of_unknown_columns(lake, ingest, value, books, rescued):
    drifting(lake, value)
    lake.land(CUSTOMERS, *DRIFTED)
    outcome = ingest()
    assert (books, {"unknown column (column 5)": 1, "unknown column colour": 2}) == (counts(outcome), outcome.warnings)
    assert rescued == {r["customer_id"]: r["_rescued"] for r in lake.frame(CUSTOMERS).collect()}
    found = lake.refused(CUSTOMERS)
    assert books["quarantined"] == len(found)
    if value == "quarantineRow":
        reasons = {row[2]: list(row[1]) for row in found}
        assert ["unknown columns: colour, (column 5)"] == reasons["shop__customers/001.csv#4"]
        assert all("blue" in row[-1] for row in found if row[2].endswith("#4"))


def test_a_frozen_contract_refuses_unknown_columns_and_loses_no_row(lake, ingest):
    drifting(lake, "freeze")
    lake.land(CUSTOMERS, *DRIFTED)
    failed = ingest()
    assert (Status.FAILED, "SchemaDriftError") == (failed.status, failed.failure.error)
    assert "given: (column 5), colour" in failed.failure.message
    lake.amend(CUSTOMERS, "value: freeze", "value: evolve")
    assert {"read": 4, "inserted": 3, "quarantined": 1} == counts(ingest())


def test_a_clean_up_that_fails_fails_no_batch(lake, ingest, monkeypatch):
    def refuse(*_):
        raise OSError("the store refuses")

    monkeypatch.setattr("jobs.runtime.staging.remove_folder", refuse)
    lake.land(CUSTOMERS, HEADER, "1,Ann,x")
    assert Status.SUCCEEDED is ingest().status
