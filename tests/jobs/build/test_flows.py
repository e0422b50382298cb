"""Two flows into one table: in whatever order rows arrive, a key's row is that of the first flow that has it."""

from random import Random

import pytest

from shared.jobs import Step
from tests.jobs.test_killed_after_each_commit import recover, run_watched
from tests.support.histories import Event, newest_row
from tests.support.two_flows import FIRST, PEOPLE, SECOND, source_of, two_flows

pytestmark = [pytest.mark.slow, pytest.mark.long]

KEYS = {FIRST: range(1, 200), SECOND: range(100, 300)}
HEADER = "person_id,name,city,op,changed_at"
STEPS = (Step.INGEST, Step.REFINE, Step.BUILD)


def random_event(random, key):
    name, city = (random.choice(["a", "b", "", None]) for _ in range(2))
    return Event(str(key), name, city, is_delete=random.random() < 0.3, moment=random.randrange(6))


def of_priority(told):
    """The table computed by hand: the flows from the last to the first, each replacing rows of the later ones."""
    rows = {}
    for flow in reversed(list(told)):
        for events in told[flow].values():
            rows |= {row[0]: (*row, flow) for row in newest_row(events)}
    return sorted(rows.values())


def test_the_first_flow_that_knows_a_key_has_its_row_whatever_comes_when(small_lake):
    lake, random = small_lake, Random(28)  # noqa: S311 - shapes of test data
    lake.files = two_flows()
    told = {flow: {key: [] for key in keys} for flow, keys in KEYS.items()}

    def deliver(flow, keys):
        events = [random_event(random, random.choice(keys)) for _ in keys]
        for event in events:
            told[flow][int(event.key)].append(event)
        again = random.sample([e for of_key in told[flow].values() for e in of_key], 10)
        lines = [event.line for event in (*events, *again)]
        random.shuffle(lines)
        lake.land(source_of(flow), HEADER, *lines)

    # One flow only: the table of the other does not exist yet.
    deliver(SECOND, KEYS[SECOND])
    lake.run("r1", STEPS, tables=(f"+{SECOND}", PEOPLE))
    assert of_priority(told) == sorted(tuple(row) for row in lake.frame(PEOPLE).collect())

    deliver(FIRST, KEYS[FIRST])
    deliver(SECOND, KEYS[SECOND])
    ran = lake.run("r2", STEPS)
    assert of_priority(told) == sorted(tuple(row) for row in lake.frame(PEOPLE).collect())
    assert "rebuilt" in ran.outcomes[PEOPLE].reason

    # A few keys of both: the first flow changes some, and deletes some that the second one has.
    before = set(of_priority(told))
    deliver(SECOND, range(130, 140))
    deliver(FIRST, range(120, 150))
    images = run_watched(lake, "r3")
    expected = of_priority(told)
    assert expected == sorted(tuple(row) for row in lake.frame(PEOPLE).collect())
    assert {r[0] for r in before if r[-1] == FIRST} & {r[0] for r in expected if r[-1] == SECOND}
    assert {r[0] for r in before if r[-1] == SECOND} & {r[0] for r in expected if r[-1] == FIRST}
    assert "refreshed" in next(o for o in lake.record("r3").outcomes if o.table == PEOPLE).reason
    of_people = [image for image in images if image.table == PEOPLE]
    assert of_people
    assert [] == [(image.new, wrong) for image in of_people if (wrong := recover(lake, image))]
