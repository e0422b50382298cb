"""A run reads what its source held when it began, though more comes in while it reads."""

from dataclasses import dataclass, field

import pytest

from jobs.ingest.backlog import read_backlog
from jobs.ingest.kafka.offsets import PartitionOffsets, TopicOffsets, plan
from shared.jobs import Status, Step, TableOutcome

TABLE = "bronze.kafka__notes"


@dataclass
class Topic:
    """A topic that gets more records with each batch that is read of it."""

    held: dict[int, int]
    grows_by: dict[int, int]
    position: dict = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    others_read: bool = False

    def read(self, _):
        topic = TopicOffsets("notes", "id", {p: PartitionOffsets(0, latest) for p, latest in self.held.items()})
        ranges = plan(topic, self.position, at_most=1000, fail_on_data_loss=True, table=TABLE)
        self.held = {p: latest + self.grows_by.get(p, 0) for p, latest in self.held.items()}
        if ranges.is_empty or (self.others_read and self.batches):
            return TableOutcome(table=TABLE, step=Step.INGEST, status=Status.UNCHANGED, sequence=99)
        self.position = ranges.position
        self.batches.append(sum(ranges.ends.values()) - sum(ranges.starts.values()))
        return TableOutcome(
            table=TABLE,
            step=Step.INGEST,
            status=Status.SUCCEEDED,
            read=self.batches[-1],
            sequence=len(self.batches),
            warnings={"late": 1},
            remaining=ranges.remaining,
        )


@pytest.mark.parametrize(
    "held, grows_by, batches",
    [
        pytest.param({0: 900}, {0: 50}, [900], id="one batch is enough, and what comes meanwhile is left"),
        pytest.param({0: 2000}, {}, [1000, 1000], id="nothing comes"),
        pytest.param({0: 2000}, {0: 1}, [1000, 1000, 2], id="a record comes with each batch"),
        pytest.param({0: 1500, 1: 500}, {1: 300}, [1000, 1001, 599], id="one partition grows"),
        pytest.param({0: 2000}, {0: 5000}, [1000, 1000, 1000], id="more comes than is read"),
    ],
)
def test_what_was_there_at_first_is_read_and_a_busy_topic_ends(held, grows_by, batches):
    topic = Topic(held, grows_by)
    outcome = read_backlog(topic.read, TABLE)

    assert batches == topic.batches
    assert (sum(batches), len(batches)) == (outcome.read, outcome.sequence)
    assert {"late": len(batches)} == outcome.warnings
    assert all(topic.position["offsets"]["notes"][str(p)] >= latest for p, latest in held.items())


def test_what_the_streaming_job_has_read_meanwhile_is_not_of_this_run():
    topic = Topic({0: 3000}, {}, others_read=True)
    outcome = read_backlog(topic.read, TABLE)

    assert (Status.SUCCEEDED, 1000, 1) == (outcome.status, outcome.read, outcome.sequence)
