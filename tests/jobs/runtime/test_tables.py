"""Tables as contracts define them, with only those features of Delta that Athena reads."""

import json
from pathlib import Path

import pytest

from jobs.runtime.delta_log import DeltaLog
from jobs.runtime.staging import remove_folder, remove_if_possible, stage
from jobs.runtime.tables import ensure_table, read_version, spark_schema, spark_type
from shared.contracts import Kind, load_catalog
from tests.support.frames import assert_rows
from tests.support.things import column, things

# Spark parses the types of contracts.
pytestmark = pytest.mark.usefixtures("spark")

# Athena reads reader version 1 and 2, and of version 3 these features.
READABLE = {"deletionVectors", "timestampNtz", "columnMapping"}


def fields(table):
    return [f.simpleString() + ("" if f.nullable else " NOT NULL") for f in spark_schema(table).fields]


COLUMNS = (
    column("key", "bigint", required=True),
    column("amount", "decimal(6,2)"),
    column("at", "timestamp", required=True),
    column("tags", "array<string>"),
)


def test_a_refined_table_has_its_columns_and_their_not_nulls():
    assert ["key:bigint NOT NULL", "amount:decimal(6,2)", "at:timestamp NOT NULL", "tags:array<string>"] == fields(
        things(*COLUMNS)
    )


def test_a_landed_table_keeps_what_the_source_said_even_where_it_said_nothing():
    landed = ["_ingested_at:timestamp NOT NULL", "_run_id:string NOT NULL", "_sequence:bigint NOT NULL"]
    assert [
        "key:bigint",
        "amount:decimal(6,2)",
        "at:timestamp",
        "tags:array<string>",
        *landed,
        "_source_position:string",
        "_rescued:string",
    ] == fields(things(*COLUMNS, kind=Kind.INGESTED))


def test_the_words_of_the_contract_come_along():
    assert [{"comment": "key."}, {"comment": "amount."}] == [
        f.metadata for f in spark_schema(things(*COLUMNS)).fields[:2]
    ]


@pytest.mark.parametrize("text", ["string", "binary", "int", "smallint", "double", "date", "boolean", "array<date>"])
def test_a_type_of_a_contract_is_one_of_spark(spark, text):
    assert text == spark_type(text).simpleString()


def test_a_table_is_made_once_and_left_alone_afterwards(spark, tmp_path):
    location = str(tmp_path / "things")
    schema = spark_schema(things(*COLUMNS))
    ensure_table(spark, location, schema, ("key",))
    ensure_table(spark, location, schema, ("key",))
    assert ["00000000000000000000.json"] == [f.name for f in Path(location, "_delta_log").glob("*.json")]
    assert_rows(
        "key BIGINT NOT NULL, amount DECIMAL(6,2), at TIMESTAMP NOT NULL, tags ARRAY<STRING>",
        [],
        read_version(spark, location, 0),
    )
    log = DeltaLog(spark, location)
    kept = {
        "delta.logRetentionDuration": "interval 60 days",
        # Delta neither reads a version that is older, nor keeps its files.
        "delta.deletedFileRetentionDuration": "interval 14 days",
    }
    assert kept == {name: log.property_of(name) for name in kept}


def test_a_log_that_got_no_commit_is_in_nobodys_way(spark, tmp_path):
    """A full disk leaves the folder, and maybe an unfinished file."""
    log = tmp_path / "things" / "_delta_log"
    (log / "_staged_commits").mkdir(parents=True)
    (log / ".00000000000000000000.json.tmp").touch()
    ensure_table(spark, str(log.parent), spark_schema(things(*COLUMNS)))
    assert ["00000000000000000000.json"] == [f.name for f in log.glob("*.json")]


def test_every_type_of_every_contract_stays_inside_what_athena_reads(spark, tmp_path):
    """One table with a column of each type that contracts use, clustered, is all kinds of table at once."""
    types = {c.type for t in load_catalog().tables.values() for c in t.all_columns} | {"binary", "array<date>"}
    wide = things(column("key", "bigint"), *[column(f"c{i}", t) for i, t in enumerate(sorted(types))])
    ensure_table(spark, str(tmp_path / "wide"), spark_schema(wide), ("key",))
    assert_readable(tmp_path / "wide")


def assert_readable(table):
    lines = [line for log in sorted((table / "_delta_log").glob("*.json")) for line in log.read_text().splitlines()]
    [*_, protocol] = [a["protocol"] for a in map(json.loads, lines) if "protocol" in a]
    assert protocol["minReaderVersion"] <= 2 or set(protocol["readerFeatures"]) <= READABLE


def test_a_staged_batch_is_read_back_as_it_was_and_can_be_removed_twice(spark, tmp_path):
    location = str(tmp_path / "staging" / "1")
    frame = spark.createDataFrame([(1, None), (2, "b")], "key BIGINT NOT NULL, word STRING")
    assert_rows("key BIGINT, word STRING", [(1, None), (2, "b")], stage(spark, frame, location))
    assert_rows("key BIGINT, word STRING", [(2, "b")], stage(spark, frame.where("key = 2"), location))
    remove_folder(spark, location)
    remove_folder(spark, location)
    assert not Path(location).exists()


def test_what_cannot_be_removed_holds_up_nothing(spark, tmp_path, caplog):
    (tmp_path / "staging").mkdir()
    remove_if_possible(spark, "nowhere://staging/1", None, str(tmp_path / "staging"))
    assert ["nowhere://staging/1 could not be removed, and stays until it expires: Py4JJavaError"] == caplog.messages
    assert not (tmp_path / "staging").exists()
