"""A backlog of a real topic that is too large for one batch is read in several, and a dead run keeps what it read."""

import json

import pytest

from jobs.ingest import backlog
from jobs.main import run
from jobs.runtime import aws
from shared.jobs import Status, Step
from tests.support.kafka import Topic, put_secret
from tests.support.killing import KilledError
from tests.support.payments import contract, ingested, landed
from tests.support.small_lake import SmallLake, lease_account, let_leases_run_out

pytestmark = pytest.mark.slow

NOTES = "bronze.kafka__notes"
AT_MOST = 4


@pytest.fixture(scope="module")
def lake_of(tmp_path_factory, spark, broker):
    """A new lake with a table of a topic, of which a batch reads four records at most."""

    def make(topic):
        columns = {"id": "bigint", "text": "string"}
        text = contract("kafka__notes", topic.name, columns, form="json", maxOffsetsPerTrigger=AT_MOST)
        return SmallLake(tmp_path_factory.mktemp("lake"), spark, {NOTES: text})

    with lease_account():
        aws._client.cache_clear()
        put_secret(broker.secret)
        yield make
        aws._client.cache_clear()


def note(number):
    return json.dumps({"id": number}).encode()


def sizes(lake):
    """How many rows each batch brought, in the order of the batches."""
    counts = lake.frame(NOTES).groupBy("_sequence").count().orderBy("_sequence").collect()
    return [count for _, count in counts]


def test_a_backlog_is_read_by_one_run_in_several_batches_and_a_new_record_in_one(lake_of, broker):
    topic = Topic(broker, "backlog").create()
    lake = lake_of(topic)
    topic.send(*map(note, range(8)), b"no JSON")
    topic.send(*map(note, range(10, 13)), partition=1)

    first = ingested(lake, "r1", NOTES)
    topic.send(note(20))
    second, idle = ingested(lake, "r2", NOTES), ingested(lake, "r3", NOTES)

    assert (12, 11, 1, 0) == (first.read, first.inserted, first.quarantined, first.remaining)
    assert (3, 4, 4) == (first.sequence, second.sequence, idle.sequence)
    assert (1, 1) == (second.read, second.inserted)
    assert (Status.UNCHANGED, 0) == (idle.status, idle.read)
    assert max(sizes(lake)) <= AT_MOST
    assert [*range(8), *range(10, 13), 20] == sorted(row[0] for row in landed(lake, NOTES))
    assert [f"backlog/0/{offset}" for offset in (*range(8), 9)] == [
        row[-2] for row in landed(lake, NOTES) if row[-2].startswith("backlog/0/")
    ]
    assert ["backlog/0/8"] == [place for _, _, place, _, _ in lake.refused(NOTES)]


def test_a_run_that_dies_keeps_its_batches_and_the_next_attempt_reads_on(lake_of, broker, monkeypatch):
    topic = Topic(broker, "dying").create(1)
    lake = lake_of(topic)
    topic.send(*map(note, range(10)))

    def die(*_):
        raise KilledError("after the second batch")

    monkeypatch.setattr(backlog, "add_books", die)
    with pytest.raises(KilledError):
        run(["--job", lake.job(Step.INGEST, "r1").model_dump_json()], lake.spark, lake.catalog)
    let_leases_run_out()
    assert 2 == len(sizes(lake))
    monkeypatch.undo()

    again = ingested(lake, "r1", NOTES)

    # The run's outcome has the batches of both attempts.
    assert (3, [4, 4, 2], 10, 10) == (again.sequence, sizes(lake), again.read, again.inserted)
    assert list(range(10)) == sorted(row[0] for row in landed(lake, NOTES))
