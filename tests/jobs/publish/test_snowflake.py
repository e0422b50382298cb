"""Snowflake always has one version of the table: after changes, deaths, races and whatever else happens to it."""

import datetime as dt
import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import boto3
import pytest
from delta.tables import DeltaTable

from jobs.ingest.snowflake import connection
from jobs.publish import warehouse as sessions
from jobs.publish.rows import BEFORE, GONE
from jobs.publish.snowflake import snowflake_turn
from jobs.publish.turn import Published
from jobs.runtime.tables import spark_schema
from shared.contracts.column import Column
from shared.errors import LostRaceError, TargetRefusedError, TargetUnavailableError
from shared.jobs import Status, Step
from shared.names import TableName, source_secret
from tests.jobs.test_erase import erase
from tests.support import served
from tests.support.killing import KilledError
from tests.support.served import SERVED, change_totals
from tests.support.small_lake import ENV
from tests.support.things import column, things
from tests.support.warehouse import CONNECTION

pytestmark = [pytest.mark.slow, pytest.mark.extra]

API, SNOWFLAKE = f"{SERVED} to the API", f"{SERVED} to Snowflake"
COLUMN = '      - {name: worth, logicalType: integer, physicalType: int, description: "Its owner\'s word."}\n'


def published(lake, run_id):
    return lake.run(run_id, (Step.PUBLISH,)).outcomes[SNOWFLAKE]


def books(outcome):
    return outcome.read, outcome.inserted, outcome.updated, outcome.deleted, outcome.reason


def test_rows_that_change_come_and_go_are_published_so_and_no_others_are_sent(lake, warehouse):
    warehouse.connect(lake)
    first = published(lake, "p1")
    assert (3, 3, 0, 0, "published whole: nothing of it was published yet") == books(first)
    assert lake.rows(SERVED) == warehouse.rows()
    assert first.version == warehouse.version()

    with warehouse.written() as written:
        again = published(lake, "p2")
    assert (Status.UNCHANGED, first.version, []) == (again.status, again.version, written)
    # Another attempt of a run that has published reports what the run did.
    assert first.model_copy(update={"seconds": 0}) == published(lake, "p1").model_copy(update={"seconds": 0})

    # A commit without rows makes a new version, which readers are told, and so is the ledger.
    lake.spark.sql(f"ALTER TABLE delta.`{lake.location(SERVED)}` SET TBLPROPERTIES ('note' = 'x')")
    newer = published(lake, "p2a")
    assert (Status.UNCHANGED, first.version + 1) == (newer.status, newer.version)
    assert first.version + 1 == warehouse.version()

    change_totals(lake)
    with warehouse.written() as written:
        second = published(lake, "p3")
    assert (2, 1, 1, 1, "") == books(second)
    assert lake.rows(SERVED) == warehouse.rows()
    assert second.version == warehouse.version() > newer.version
    # Readers see nothing new before the last statement.
    assert ["BEGIN", "MERGE", "UPDATE", "COMMIT"] == written[-4:]
    assert {"CREATE", "PUT", "COPY"} == set(written[:-4])

    lake.spark.sql(f"RESTORE delta.`{lake.location(SERVED)}` TO VERSION AS OF {first.version}")
    outcome = published(lake, "p4")
    assert (3, 3, 0, 1) == books(outcome)[:4]
    assert "restored it" in outcome.reason
    assert lake.rows(SERVED) == warehouse.rows()
    assert outcome.version == warehouse.version()

    warehouse.ask("DROP TABLE TOTALS")
    assert published(lake, "p5").reason.endswith("is not there any more")
    assert lake.rows(SERVED) == warehouse.rows()


def test_a_lake_that_was_cut_back_sends_all_where_another_version_of_the_number_was_published(
    lake, warehouse, tmp_path
):
    warehouse.connect(lake)
    published(lake, "p1")
    rescue = lake.copied(tmp_path / "rescue")
    change_totals(lake)
    version = published(lake, "p2").version
    DeltaTable.forPath(lake.spark, rescue.location(SERVED)).delete("customer_id = 1")

    sent = published(rescue, "p3")
    assert (version, "published whole: the version that was published is another now") == (sent.version, sent.reason)
    assert [2, 3] == [row[0] for row in rescue.rows(SERVED)]
    assert rescue.rows(SERVED) == warehouse.rows()
    assert Status.UNCHANGED is published(rescue, "p4").status


def test_columns_are_added_and_none_is_taken_away(lake, warehouse):
    warehouse.connect(lake)
    published(lake, "p1")
    before = warehouse.rows()
    warehouse.ask("ALTER TABLE TOTALS ADD COLUMN THEIRS VARCHAR")
    lake.files[SERVED] = lake.files[SERVED].replace("    customProperties:\n", f"{COLUMN}    customProperties:\n", 1)
    lake.amend(f"{SERVED}.sql", " AS amount_eur\n", " AS amount_eur, CAST(1 AS INT) AS worth\n")
    lake.run("r2", (Step.BUILD,))

    ran = lake.run("p2", (Step.PUBLISH,))
    failure = ran.outcomes[SNOWFLAKE].failure
    assert ("TargetRefusedError", False) == (failure.error, failure.retryable)
    assert f"{SERVED} to {warehouse.database}.SALES.TOTALS in Snowflake" in failure.message
    assert "given: THEIRS VARCHAR" in failure.message
    assert before == [row[:4] for row in warehouse.rows()]
    # Only this target fails.
    assert Status.SUCCEEDED is ran.outcomes[API].status
    assert served.expected(lake) == served.rows()

    warehouse.ask("ALTER TABLE TOTALS DROP COLUMN THEIRS")
    assert "published whole: its place, its columns or its key changed" == published(lake, "p3").reason
    assert lake.rows(SERVED) == warehouse.rows()
    assert {1} == {row[-1] for row in warehouse.rows()}


def test_a_table_that_is_published_no_more_stays_as_it_is(lake, warehouse):
    warehouse.connect(lake)
    published(lake, "p1")
    before = warehouse.rows()
    [server] = [line for line in lake.files[SERVED].splitlines() if CONNECTION in line]
    lake.amend(SERVED, f"{server}\n", "")

    with warehouse.written() as written:
        assert {API} == set(lake.run("p2", (Step.PUBLISH,)).outcomes)
    assert (before, []) == (warehouse.rows(), written)


TYPES = {
    "id": "bigint",
    "price": "decimal(38,18)",
    "small": "smallint",
    "number": "int",
    "ratio": "double",
    "part": "float",
    "is_open": "boolean",
    "name": "string",
    "day": "date",
    "seen_at": "timestamp",
    "raw": "binary",
}
AT_MOST = 2**63 - 1
NOON = dt.datetime(2011, 6, 1, 23, 59, 59, 123456, tzinfo=dt.UTC)
FULL = (AT_MOST, Decimal("0.000000000000000001"), -5, -7, 0.1, 0.5, True, 'Zoë\'s "q" \\ \n 🐟', NOON.date(), NOON)
FULL = (*FULL, bytearray(b"\x00\xff"))
EMPTY = (2, *[None] * (len(TYPES) - 1))
IN_SNOWFLAKE = {
    "NUMBER(19,0)",
    "NUMBER(38,18)",
    "NUMBER(5,0)",
    "NUMBER(10,0)",
    "FLOAT",
    "BOOLEAN",
    "VARCHAR",
    "DATE",
    "TIMESTAMP_TZ",
    "BINARY",
}


@pytest.fixture
def typed(lake, warehouse):
    """A table of all types, with a turn at it."""
    warehouse.connect(lake)
    columns = tuple(Column(name=n, type=t, required=n == "id", description="It's \\ its.") for n, t in TYPES.items())
    place = replace(warehouse.totals, table="typed")
    return things(*columns, published_to=place, description="Whose? Theirs'.")


def frame(spark, table, *rows):
    """Rows as they are sent: each with whether it is gone, and whether it existed before."""
    schema = spark_schema(table).add(GONE, "boolean").add(BEFORE, "boolean")
    return spark.createDataFrame(rows, schema)


def finish(turn, version):
    turn.end(Published(version=version, table_id="t", shape=turn.shape, run="it's", books=turn.books))


def test_every_value_arrives_as_it_is(lake, typed, warehouse):
    with snowflake_turn(lake.job(Step.PUBLISH), typed) as turn:
        turn.begin()
        turn.replace(frame(lake.spark, typed, (*FULL, False, False), (*EMPTY, False, False)), 1)
        finish(turn, 1)

    assert [EMPTY, FULL] == warehouse.ask("SELECT * FROM TYPED ORDER BY ID")
    types = {row[1] for row in warehouse.ask("DESCRIBE TABLE TYPED")}
    assert IN_SNOWFLAKE == {t if t.startswith("NUMBER") else t.partition("(")[0] for t in types}
    [made] = [
        q
        for q in warehouse.stand_in.queries
        if q.startswith("CREATE") and f'"{warehouse.database}"."SALES"."TYPED"' in q
    ]
    assert "COMMENT 'It''s \\\\ its.'" in made
    assert '"ID" NUMBER(19,0) NOT NULL' in made


def put(lake, table, *rows):
    """Publish all rows of a table, and return the books."""
    with snowflake_turn(lake.job(Step.PUBLISH), table) as turn:
        assert turn.last is None or turn.shape != turn.last.shape
        turn.begin()
        turn.replace(frame(lake.spark, table, *[(*row, False, False) for row in rows]), 1)
        finish(turn, 1)
    return turn.books


@pytest.mark.parametrize("is_dropped", [False, True], ids=["the column stays", "the column goes, too"])
def test_a_table_with_another_key_has_one_row_for_each(lake, warehouse, is_dropped):
    warehouse.connect(lake)
    columns = column("id", "int"), column("month"), column("name")
    table = things(*columns, primary_key=("id", "month"), published_to=replace(warehouse.totals, table="things"))
    put(lake, table, (1, "jan", "a"), (1, "feb", "b"), (1, "mar", "b"), (2, "jan", "c"), (3, "jan", "d"))

    narrow, rows = replace(table, primary_key=("id",)), [(1, None, "y"), (2, "mar", "z"), (4, None, "z")]
    if is_dropped:
        narrow, rows = replace(narrow, columns=(columns[0], columns[2])), [(id_, name) for id_, _, name in rows]
        with pytest.raises(TargetRefusedError, match="given: MONTH VARCHAR"):
            put(lake, narrow, *rows)
        warehouse.ask("ALTER TABLE THINGS DROP COLUMN MONTH")

    # Of five rows, one with id 1 and that with id 2 have successors.
    assert {"read": 3, "inserted": 3, "updated": 0, "deleted": 3} == put(lake, narrow, *rows)
    assert rows == warehouse.ask("SELECT * FROM THINGS ORDER BY ID")


@pytest.fixture
def dying(lake, monkeypatch):
    """Publish rows of a table, all or those that changed, and die before the write of a given number."""
    written, write = [], sessions.Warehouse.write

    def publish(table, rows, version, deaths=None):
        def until_then(self, statement, content=None):
            if len(written) == deaths:
                raise KilledError(statement)
            written.append(statement.split()[0])
            return write(self, statement, content)

        written.clear()
        monkeypatch.setattr(sessions.Warehouse, "write", until_then)
        with suppress(KilledError), snowflake_turn(lake.job(Step.PUBLISH), table) as turn:
            turn.begin()
            send = turn.send if turn.last else turn.replace
            send(rows, version)
            finish(turn, version)
            return written
        return None

    return publish


def test_a_first_publisher_that_dies_before_any_write_is_made_good_by_the_next(lake, typed, warehouse, dying):
    first = frame(lake.spark, typed, (*FULL, False, False), (*EMPTY, False, False)).cache()
    for deaths in range(20):
        name = f"TYPED{deaths}"
        table = replace(typed, published_to=replace(typed.published_to, table=name))
        if done := dying(table, first, 1, deaths):
            break
        made = warehouse.ask(f"SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = '{name}'")
        assert [] == (made and warehouse.ask(f"SELECT * FROM {name}"))
        assert dying(table, first, 1)
        assert [EMPTY, FULL] == warehouse.ask(f"SELECT * FROM {name} ORDER BY ID")

    making = ["CREATE", "CREATE", "MERGE", "CREATE"]
    assert [*making, "PUT", "PUT", "COPY", "BEGIN", "DELETE", "INSERT", "UPDATE", "COMMIT"] == done
    assert deaths == len(done)


def test_a_publisher_that_dies_before_any_write_leaves_what_was_there(lake, typed, warehouse, dying):
    dying(typed, frame(lake.spark, typed, (*FULL, False, False), (*EMPTY, False, False)), 1)
    rows = ((*FULL[:-1], None, False, True), (*EMPTY, True, True), (3, *EMPTY[1:], False, False))
    second = frame(lake.spark, typed, *rows).coalesce(1).cache()
    for deaths in range(20):
        if done := dying(typed, second, 2, deaths):
            break
        assert [EMPTY, FULL] == warehouse.ask("SELECT * FROM TYPED ORDER BY ID")
        assert [(1, 1)] == warehouse.ask("SELECT TURN, VERSION FROM LAKEWRIGHT_PUBLICATIONS")

    assert ["CREATE", "PUT", "COPY", "BEGIN", "MERGE", "UPDATE", "COMMIT"] == done
    assert deaths == len(done)
    assert [(3, *EMPTY[1:]), (*FULL[:-1], None)] == warehouse.ask("SELECT * FROM TYPED ORDER BY ID")
    assert [("TYPED", 2, 2)] == warehouse.ask("SELECT TABLE_NAME, TURN, VERSION FROM LAKEWRIGHT_PUBLICATIONS")


def test_of_two_publishers_the_one_that_ends_first_has_written(lake, typed, warehouse):
    job = lake.job(Step.PUBLISH)
    old, new = (frame(lake.spark, typed, (n, *EMPTY[1:], False, False)) for n in (1, 2))
    with snowflake_turn(job, typed) as first:
        first.begin()
        first.replace(old, 1)
        finish(first, 1)
    with snowflake_turn(job, typed) as slow:
        slow.begin()
        slow.replace(old, 1)
        # By now another table of the lake is published under this name.
        with snowflake_turn(job, replace(typed, name=TableName.parse("gold.things"))) as quick:
            quick.begin()
            quick.replace(new, 2)
            finish(quick, 2)
        with pytest.raises(LostRaceError, match=r"another job run publishes silver\.things to"):
            finish(slow, 1)

    assert [(2, *EMPTY[1:])] == warehouse.ask("SELECT * FROM TYPED")
    assert [("gold.things", 2, 2)] == warehouse.ask("SELECT LAKE_TABLE, TURN, VERSION FROM LAKEWRIGHT_PUBLICATIONS")


def test_what_snowflake_refuses_is_told_without_a_secret_and_harms_no_other_target(lake, warehouse, monkeypatch):
    monkeypatch.setattr(connection, "ATTEMPTS", 1)
    change = boto3.client("secretsmanager").put_secret_value

    def told(run_id, error, *words):
        ran = lake.run(run_id, (Step.PUBLISH,))
        failure = ran.outcomes[SNOWFLAKE].failure
        assert (error.__name__, error.retryable) == (failure.error, failure.retryable), failure.message
        for word in (SERVED, *words):
            assert word in failure.message
        assert "wrong one" not in failure.message
        assert warehouse.stand_in.secret["password"] not in failure.message
        assert not ran.outcomes[API].is_red

    warehouse.connect(lake, password="the wrong one")
    told("p1", TargetRefusedError, f"by {CONNECTION}: the login was refused", "./lake secrets put")
    name, secret = source_secret(ENV, CONNECTION), json.dumps(warehouse.stand_in.secret)
    change(SecretId=name, SecretString=secret)
    warehouse.stand_in.refuse(1, 503)
    told("p2", TargetUnavailableError, "no answer")
    change(SecretId=name, SecretString=json.dumps(warehouse.stand_in.secret | {"port": 1}))
    told("p3", TargetUnavailableError, "no answer")
    change(SecretId=name, SecretString=secret)
    assert Status.SUCCEEDED is published(lake, "p4").status


@pytest.mark.parametrize(
    "state, number, words",
    [
        pytest.param("42501", 3001, "CREATE TABLE on the schema", id="a right is missing"),
        pytest.param("22018", 100038, "a statement failed", id="something else"),
        pytest.param("02000", 2003, "is not there, or not for this role", id="no schema"),
        pytest.param("02000", 2043, "is not there, or not for this role", id="no database"),
    ],
)
def test_what_has_to_be_granted_is_said(state, number, words):
    error = sessions.snowflake_errors.ProgrammingError(
        "Numeric value 'Ann' is not recognized", errno=number, sqlstate=state
    )
    said = sessions.translate_error(error, "gold.totals to M.S.T in Snowflake, by x")

    assert isinstance(said, TargetRefusedError)
    assert words in str(said)
    assert "Ann" not in str(said)


def test_an_erased_person_is_taken_out_and_who_keeps_old_rows_is_named(lake, warehouse):
    lake.files["silver.customers"] += "      - {property: subject, value: customer_id}\n"
    warehouse.connect(lake)
    published(lake, "p1")

    record = erase(lake, "customer=2", "e1")
    assert () == record.left
    assert [1, 3] == [row[0] for row in warehouse.rows()]
    assert lake.rows(SERVED) == warehouse.rows()
    assert {"/totals/1", "/totals/3"} == set(served.rows())
    [kept] = [text for text in record.to_look_at if "Snowflake" in text]
    assert kept.startswith(f"{warehouse.database}.SALES.TOTALS in Snowflake: Time Travel keeps")
