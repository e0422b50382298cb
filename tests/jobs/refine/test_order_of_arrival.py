"""The order in which versions arrive, how often, and how they are split into files and runs, changes nothing."""

import json
import random
from datetime import datetime, timedelta

import pytest

from shared.jobs import Step

pytestmark = pytest.mark.extra

HEADER = "customer_id,name,changed_at"
START = datetime(2026, 1, 1)  # noqa: DTZ001 - the source's times are UTC and say no zone
KEYS = 1500
NAMES = ["Ann", "ann", "Bo", "Bob", "Bob ", "Bobby", "", "Zoë", '"', "null"]


def events(seed):
    """Versions of many keys as raw cells: some equal in time, some doubled, some dirty."""
    random_ = random.Random(seed)  # noqa: S311 - shapes of test data
    found = []
    for key in range(KEYS):
        for _ in range(random_.choice([1, 1, 2, 3, 5])):
            changed = START + timedelta(seconds=random_.randrange(4), microseconds=random_.choice([0, 0, 1, 500_000]))
            text = changed.isoformat(sep=" ")
            dirty = random_.random()
            found.append(
                (f"k{key}" if dirty < 0.02 else str(key), random_.choice(NAMES), text if dirty < 0.97 else "soon")
            )
    return found


def newest(versions):
    """The rows that the table must have: the last change of each key, among equal ones the greatest in content."""
    best = {}
    for key, name, changed in versions:
        if not key.isdigit() or changed == "soon":
            continue
        moment = datetime.fromisoformat(changed)
        best[int(key)] = max(best.get(int(key), (datetime.min,)), (moment, name.strip()))  # noqa: DTZ901 - before any time
    return sorted((key, name, moment) for key, (moment, name) in best.items())


def line(version):
    key, name, changed = version
    return f'{key},"{name.replace(chr(34), chr(34) * 2)}",{changed}'


def in_one_file(versions, _):
    return [[versions]]


def shuffled_doubled_and_chopped(versions, random_):
    again = random_.sample(versions, len(versions) // 3)
    all_ = versions + again + again[:100]
    random_.shuffle(all_)
    third = len(all_) // 3
    return [[all_[:third]], [all_[third : 2 * third], again], [all_[2 * third :], versions[:50]]]


def newest_first(versions, _):
    late = sorted(versions, key=lambda v: v[2], reverse=True)
    half = len(late) // 2
    return [[late[:half]], [late[half:]]]


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(in_one_file, id="in one file"),
        pytest.param(shuffled_doubled_and_chopped, id="shuffled, doubled and chopped"),
        pytest.param(newest_first, id="newest first"),
    ],
)
def test_the_same_versions_make_the_same_table(small_lake, shape):
    lake = small_lake
    lake.only("bronze.shop__customers", "silver.customers")
    versions = events(7)
    read = 0
    for run_number, files in enumerate(shape(versions, random.Random(11))):  # noqa: S311 - as above
        for file in files:
            lake.land("bronze.shop__customers", HEADER, *map(line, file))
        ran = lake.run(f"r{run_number}", (Step.INGEST, Step.REFINE))
        read += ran.books("silver.customers")["read"]
    assert newest(versions) == sorted(lake.rows("silver.customers"))
    dirty = {(key, name.strip(), text) for key, name, text in versions if not key.isdigit() or text == "soon"}
    assert dirty == {tuple(json.loads(row).values()) for *_, row in lake.refused("silver.customers")}
    assert read == lake.frame("bronze.shop__customers").count()
