"""The stand-ins answer as their sources do, switch to the next day's data, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import snowflake.connector
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from snowflake.connector.errors import DatabaseError

from scripts.setup.paths import ROOT
from scripts.sources.kafka_broker import KafkaBroker
from scripts.sources.kafka_stand_in import KafkaStandIn
from scripts.sources.order_events import Message, messages
from scripts.sources.redshift.stand_in import RedshiftStandIn
from scripts.sources.snowflake_stand_in import SnowflakeStandIn
from scripts.sources.stand_ins import StandIns
from scripts.sources.started import running
from shared.errors import TerminalError

pytestmark = [pytest.mark.slow, pytest.mark.extra]

STARTER = """
import sys, time
from pathlib import Path
from scripts.sources.stand_ins import StandIns
stand_ins = StandIns(Path(sys.argv[1]), 1)
stand_ins.start()
stand_ins.redshift._postgres.ready()
started = [stand_ins.snowflake._process, stand_ins.redshift._postgres._process, stand_ins.kafka.broker._process]
print(*(process.pid for process in started), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    with StandIns(tmp_path_factory.mktemp("Größe, einmal"), 1) as started:
        started.ready()
        yield started


def ask(stand_ins, statement, **changes):
    login = stand_ins.secrets["snowflake"] | {"database": "SHOP", "schema": "SALES"} | changes
    with (
        snowflake.connector.connect(**login, enable_server_session_keep_alive_auto_detection=False) as connection,
        connection.cursor() as cursor,
    ):
        return cursor.execute(statement).fetchall()


def fetched(address):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
        return answer.read()


def landed(stand_ins):
    return {str(p.relative_to(stand_ins.root)): p.stat().st_mtime_ns for p in stand_ins.root.rglob("landing/**/*.csv")}


def test_a_day_passes_at_every_source(stand_ins):
    count = "SELECT COUNT(*), COUNT(DISTINCT SALESORDERID) FROM SALESORDERHEADER"
    address = stand_ins.parameters["ecb"]
    [first], first_files = ask(stand_ins, count), landed(stand_ins)
    first_rates = fetched(address)
    clicks = "SELECT COUNT(*), COUNT(DISTINCT session_id) FROM web.behaviour_events"
    first_clicks = stand_ins.redshift.run(clicks)
    stand_ins.deliver(2)
    [second], second_files = ask(stand_ins, count), landed(stand_ins)
    assert first_rates != fetched(address)
    assert ([[23276, 2691]], [[31109, 3605]]) == (first_clicks, stand_ins.redshift.run(clicks))
    assert ((1327, 1327), (1571, 1569)) == (first, second)
    assert len(second_files) == len(first_files) + 4
    assert first_files == {name: second_files[name] for name in first_files}


def test_table_whose_sample_is_gone_goes_and_what_others_landed_stays(stand_ins):
    gone = [stand_ins.snowflake.tables / "GONE.csv", stand_ins.redshift.tables / "web.gone.csv"]
    others = stand_ins.root / "landing" / "crm" / "accounts" / "others.csv"
    for file in (*gone, others):
        file.write_text("id\n1\n")
    stand_ins.deliver(1)

    assert [False, False, True] == [file.exists() for file in (*gone, others)]


def test_topics_grow_by_what_a_delivery_adds_and_outlive_their_broker(stand_ins):
    def held():
        with_topics = {t: len(m.partitions) for t, m in AdminClient(settings()).list_topics(timeout=30).topics.items()}
        consumer = Consumer(settings() | {"group.id": "test"})
        ends = {
            t: [consumer.get_watermark_offsets(TopicPartition(t, p), timeout=30)[1] for p in range(count)]
            for t, count in with_topics.items()
            if not t.startswith("__")
        }
        consumer.close()
        return ends

    def settings():
        return stand_ins.kafka.broker.client_settings

    def expected(delivery):
        return {t: [len(p) for p in partitions] for t, partitions in messages(delivery).items()}

    stand_ins.deliver(2)
    assert expected(2) == held()
    stand_ins.deliver(1)
    stand_ins.kafka.stop()
    stand_ins.kafka.start()
    stand_ins.kafka.ready(2)
    assert expected(2) == held()


@contextmanager
def running_kafka(folder, others=()):
    stand_in = KafkaStandIn(folder, [], others)
    try:
        stand_in.start()
        stand_in.ready(1)
        yield stand_in
    finally:
        stand_in.stop()


def test_topic_that_only_a_contract_names_is_there_and_empty(tmp_path):
    with running_kafka(tmp_path, ["gates"]) as stand_in:
        topics = AdminClient(stand_in.broker.client_settings).list_topics(timeout=30).topics
        assert (1, 0) == (len(topics["gates"].partitions), stand_in._held("gates", 0))


def test_topic_that_is_given_more_partitions_has_them_at_the_next_start_and_keeps_its_records(tmp_path, monkeypatch):
    def sent(*partitions):
        told = datetime(2026, 1, 1, tzinfo=UTC)
        records = [
            [Message(number, b"key", value, told) for value in values] for number, values in enumerate(partitions)
        ]
        monkeypatch.setattr("scripts.sources.kafka_stand_in.PARTITIONS", {"gates": len(partitions)})
        monkeypatch.setattr("scripts.sources.kafka_stand_in.messages", lambda *_: {"gates": records})
        with running_kafka(tmp_path) as stand_in:
            topic = AdminClient(stand_in.broker.client_settings).list_topics(timeout=30).topics["gates"]
            return [stand_in._held("gates", number) for number in range(len(topic.partitions))]

    assert [1] == sent([b"one"])
    assert [2, 0, 1] == sent([b"one", b"two"], [], [b"three"])
    assert [2, 0, 1] == sent([b"one"])


def test_broker_that_cannot_start_says_its_first_error(tmp_path):
    broker = KafkaBroker(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")

    with pytest.raises(TerminalError, match=r" ERROR .*; .*Stored node id 7"), running(broker):
        pass


def test_statements_that_arrived_are_kept(stand_ins):
    ask(stand_ins, "SELECT 42 AS ANSWER")
    assert "SELECT 42 AS ANSWER" == stand_ins.snowflake.queries[-1]


def test_another_password_is_refused(stand_ins):
    with pytest.raises(DatabaseError, match="Incorrect username or password"):
        ask(stand_ins, "SELECT 1", password="other")


def test_values_come_as_snowflake_sends_them(stand_ins):
    statement = (
        "SELECT SHIPDATE, TOTALDUE, ONLINEORDERFLAG, CURRENCYRATEID FROM SALESORDERHEADER WHERE SALESORDERID = 43697"
    )
    [(shipped, total, online, rate)] = ask(stand_ins, statement)
    assert ("2011-06-07 00:00:00", "3953.9884", True, 4) == (str(shipped), str(total), online, rate)


@pytest.mark.parametrize("is_source", [False, True], ids=["published to alone", "read too"])
def test_what_was_written_to_snowflake_is_there_when_it_starts_again(tmp_path, is_source):
    def asked(*statements):
        with running(SnowflakeStandIn(tmp_path, is_source=is_source)) as stand_in:
            login = stand_in.secret | {"database": "MARTS", "schema": "SALES"}
            with (
                snowflake.connector.connect(
                    **login, enable_server_session_keep_alive_auto_detection=False
                ) as connection,
                connection.cursor() as cursor,
            ):
                return [cursor.execute(statement).fetchall() for statement in statements][-1]

    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "tables.sql").write_text("CREATE OR REPLACE TABLE MARTS.SALES.GOODS (ID NUMBER(38,0));\n")
    (tmp_path / "tables" / "GOODS.csv").write_text("ID\n7\n")
    asked("CREATE TABLE WORDS (WORD VARCHAR)", "INSERT INTO WORDS VALUES ('kept')")
    assert [("kept",)] == asked("SELECT WORD FROM WORDS")
    if is_source:
        assert [(7,)] == asked("SELECT ID FROM GOODS")


def test_stopping_ends_the_process_and_may_be_done_twice(tmp_path):
    stand_ins = StandIns(tmp_path, 1)
    stand_ins.start()
    stand_ins.redshift.ready()
    processes = [stand_ins.snowflake._process, stand_ins.redshift._postgres._process]
    folder = stand_ins.redshift._postgres._folder
    stand_ins.stop()
    stand_ins.stop()
    assert (False, False) == (None in [p.returncode for p in processes], folder.exists())


def test_a_process_that_does_not_come_up_is_told_with_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.sources.snowflake_stand_in.SERVER", "scripts.sources.no_such_server")
    with (
        StandIns(tmp_path, 1) as stand_ins,
        pytest.raises(TerminalError, match=r"No module named.*to fix: see .*server.log"),
    ):
        stand_ins.ready()


def test_tables_of_another_database_are_there_in_any_spelling_and_a_file_that_does_not_fit_is_told(tmp_path):
    stand_in = SnowflakeStandIn(tmp_path)
    stand_in.tables.mkdir()
    definitions, rows = stand_in.tables / "tables.sql", stand_in.tables / "GARAGES.csv"
    definitions.write_text('create or replace table "Town".parking."Garages" (ID NUMBER(38,0));\n')
    rows.write_text("ID\n7\n")
    with running(stand_in):
        login = stand_in.secret | {"database": "TOWN", "schema": "PARKING"}
        with (
            snowflake.connector.connect(**login, enable_server_session_keep_alive_auto_detection=False) as connection,
            connection.cursor() as cursor,
        ):
            assert [(7,)] == cursor.execute("SELECT ID FROM GARAGES").fetchall()
        (stand_in.tables / "GONE.csv").write_text("ID\n7\n")
        with pytest.raises(TerminalError, match=r"GONE\.csv has rows of a table .*, or remove it"):
            stand_in.load()
        (stand_in.tables / "GONE.csv").unlink()
        rows.write_text("ID\nseven\n")
        with pytest.raises(TerminalError, match=r'`tables`; given: \S*GARAGES\.csv cannot be loaded: .*"seven"'):
            stand_in.load()
    definitions.write_text("CREATE OR REPLACE TABLE TOWN.PARKING.GARAGES (NAME VARCHAR);\n")
    with (
        pytest.raises(TerminalError, match=r'`ready`; given: \S*GARAGES\.csv cannot be loaded: .* name "ID"'),
        running(stand_in),
    ):
        pass


def test_tables_of_redshift_are_made_and_filled_again_and_a_file_that_does_not_fit_is_told(tmp_path):
    stand_in = RedshiftStandIn(tmp_path)
    definitions, rows = tmp_path / "tables.sql", tmp_path / "town.garages.csv"
    created = "DROP SCHEMA IF EXISTS town CASCADE;\nCREATE SCHEMA town;\nCREATE TABLE town.garages (id INTEGER);\n"
    definitions.write_text(created)
    rows.write_text("id\n7\n")
    with running(stand_in):
        stand_in.load()
        assert [[7]] == stand_in.run("SELECT id FROM town.garages")
        rows.write_text("id\n7\nseven\n")
        with pytest.raises(TerminalError, match=r"town\.garages\.csv cannot be loaded: .*COPY garages, line 3, "):
            stand_in.load()
        rows.rename(tmp_path / "town.parks.csv")
        with pytest.raises(TerminalError, match=r'town\.parks\.csv cannot be loaded: .* "town.parks".*or remove it'):
            stand_in.load()
        definitions.write_text(f"{created}CREATE OR REPLACE TABLE shop.town.parks (id INTEGER);\n")
        with pytest.raises(TerminalError, match=r'tables\.sql:4 cannot be loaded: .* "TABLE".* CREATE SCHEMA'):
            stand_in.load()


def test_a_missing_environment_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.sources.snowflake_stand_in.FAKESNOW_PYTHON", tmp_path / "python")
    with pytest.raises(TerminalError, match="has no environment"):
        StandIns(tmp_path, 1).start()


def test_the_processes_do_not_outlive_a_parent_that_is_killed(tmp_path):
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(map(_runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [] == [pid for pid in pids if _runs(pid)]


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
