"""The MERGE writes only the effective rows, and Delta skips files that the batch cannot touch."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from jobs.build.groups import Groups
from jobs.runtime.merge import target_rows, within, write_effective
from tests.support.delta_tables import Written
from tests.support.frames import assert_rows
from tests.support.things import column, things

CONTRACT = things(column("key", "bigint"), column("word"))
COLUMNS = "key BIGINT, word STRING"


@pytest.fixture
def table(spark, tmp_path):
    return Written(spark, str(tmp_path / "things"))


def write(table, rows, **books):
    """Commit classified rows with their books."""
    fates = [fate for *_, fate in rows]
    counted = {"inserted": fates.count("insert"), "updated": fates.count("update"), "deleted": fates.count("delete")}
    keys = [key for key, *_ in rows]

    def effective(session, location):
        frame = session.createDataFrame(rows, f"{COLUMNS}, _fate STRING")
        flow = SimpleNamespace(session=session, table=CONTRACT, location=location)
        write_effective(flow, frame, counted | books, (min(keys), max(keys)))

    return table.commit(effective)


def test_rows_are_inserted_updated_and_deleted_and_others_are_not_touched(table):
    table.append((1, "a"), (2, "b"), (3, "c"), (4, "d"))
    landed = write(
        table,
        [
            (2, "B", "update"),
            (3, None, "delete"),
            (5, "e", "insert"),
            (1, "old", "superseded"),
            (4, None, "quarantined"),
            (9, "never", "superseded"),
        ],
    )
    assert_rows(COLUMNS, [(1, "a"), (2, "B"), (4, "d"), (5, "e")], table.frame())
    assert "MERGE" == landed.info["operation"]
    # Delta skips files by the literals; without them it would read the whole table before it knew the batch's keys.
    condition = re.sub(r"#\d+L?", "", landed.info["operationParameters"]["predicate"])
    assert "((key >= 1) AND (key <= 9))" in condition


def test_a_batch_of_new_rows_is_appended_without_reading_the_table(table):
    table.append((1, "a"))
    landed = write(table, [(2, "b", "insert"), (1, "old", "superseded")])
    assert_rows(COLUMNS, [(1, "a"), (2, "b")], table.frame())
    assert ("WRITE", "Append") == (landed.info["operation"], landed.info["operationParameters"]["mode"])


def test_a_value_becomes_null_when_it_is_null_now(table):
    table.append((1, "a"))
    write(table, [(1, None, "update")])
    assert_rows(COLUMNS, [(1, None)], table.frame())


@pytest.mark.parametrize(
    "type_, bounds, inside",
    [
        pytest.param("BIGINT", (2, 3), ["2", "3"], id="whole numbers"),
        pytest.param("STRING", ("2", "3"), ["2", "3"], id="texts"),
        pytest.param("STRING", ("it's", "it's"), [], id="a quote"),
        pytest.param("DATE", (date(2026, 1, 2), date(2026, 1, 3)), ["2026-01-02", "2026-01-03"], id="dates"),
        pytest.param("BIGINT", None, ["1", "2", "3", "4"], id="no bounds"),
        pytest.param(
            "TIMESTAMP",
            (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
            ["2026-01-01 00:00:00", "2026-01-02 00:00:00", "2026-01-03 00:00:00", "2026-01-04 00:00:00"],
            id="times, whose zone may be lost on the way",
        ),
        pytest.param("DECIMAL(4,1)", (Decimal(2), Decimal(3)), ["1.0", "2.0", "3.0", "4.0"], id="decimals"),
    ],
)
def test_keys_outside_the_bounds_are_left_out_where_bounds_can_be_said(spark, type_, bounds, inside):
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    texts = [f"2026-01-0{i}" if type_ in ("DATE", "TIMESTAMP") else str(i) for i in (1, 2, 3, 4)]
    rows = session.createDataFrame([(t,) for t in texts], "text STRING").selectExpr(f"CAST(text AS {type_}) AS key")
    found = rows.where(within("key", bounds)).selectExpr("CAST(key AS STRING) AS key")
    assert_rows("key STRING", [(text,) for text in inside], found)


def test_bounds_let_delta_skip_files(spark, table):
    table.append((1, "a"), (2, "b"))
    table.append((1000, "c"), (1001, "d"))
    assert 2 == len(table.frame().inputFiles())
    assert 1 == len(table.frame().where(within("key", (1000, 1000))).inputFiles())
    flow = SimpleNamespace(table=CONTRACT, batch=table.batch(), is_rebuilt=False, rows_before=table.frame)
    keys = spark.createDataFrame([(1000,)], "key BIGINT")
    groups = Groups(keys=keys, count=1, bounds=within("key", (1000, 1000)), inputs={})
    found = (target_rows(flow, (1000, 1000)), groups.of(table.frame()))
    assert [1, 1] == [len(rows.inputFiles()) for rows in found]
