"""A large write leaves files with disjoint ranges of the clustering columns, so that few keys touch few files."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from jobs.runtime import layout
from shared.jobs import Step
from shared.names import TableName, events_location
from tests.support.small_contracts import CUSTOMERS, KEY_AND_SEQUENCE, TOTALS, contract

pytestmark = [pytest.mark.slow, pytest.mark.extra]

BUYERS = 12
BY_CUSTOMER = {"clusterBy": "[customer_id]"}


def ranges(location, column):
    """The least and greatest value of each of a table's files, in order."""
    lines = "".join(p.read_text() for p in sorted(Path(location, "_delta_log").glob("*.json"))).splitlines()
    stats = [json.loads(json.loads(line)["add"]["stats"]) for line in lines if line.startswith('{"add"')]
    return sorted((s["minValues"][column], s["maxValues"][column]) for s in stats)


def clusterings(location):
    """The number of commits that only set what a table is clustered by."""
    return sum('"operation":"CLUSTER BY"' in p.read_text() for p in Path(location, "_delta_log").glob("*.json"))


def clustering(spark, location):
    [told] = spark.sql(f"DESCRIBE DETAIL delta.`{location}`").collect()
    return told["clusteringColumns"]


def test_a_first_load_is_laid_out_by_what_the_table_is_clustered_by(small_lake, monkeypatch):
    lake = small_lake
    lake.only(*[name for name in lake.files if "stock" not in name])
    lake.files["silver.customers"] = contract("silver.customers", CUSTOMERS, KEY_AND_SEQUENCE | BY_CUSTOMER)
    lake.files["silver.names"] = contract(
        "silver.names", CUSTOMERS, KEY_AND_SEQUENCE | BY_CUSTOMER | {"storedAsScdType": "2"}
    )
    lake.files["gold.totals"] = contract("gold.totals", TOTALS, {"writeDisposition": "refresh"} | BY_CUSTOMER)
    numbers, at = range(BUYERS), "2026-01-01 10:00:00"
    lake.land("bronze.shop__customers", "customer_id,name,changed_at", *[f"{i},C{i},{at}" for i in numbers])
    columns = "order_id,customer_id,amount_eur,state,changed_at"
    lake.land("bronze.shop__orders", columns, *[f"{i},{i},5,a,{at}" for i in numbers])
    monkeypatch.setattr(layout, "ROWS_PER_FILE", 4)
    lake.run("r1", (Step.INGEST, Step.REFINE, Step.BUILD))

    events = events_location(lake.lake_root, TableName.parse("silver.names"))
    tables = [lake.location(name) for name in ("silver.customers", "silver.names", "gold.totals")]
    for place in (*tables, events):
        found = ranges(place, "customer_id")
        assert (3, 0, BUYERS - 1) == (len(found), found[0][0], found[-1][1]), place
        assert all(end < start for (_, end), (start, _) in pairwise(found)), place
    # Without clustering columns, and with fewer rows than fill a file, nothing is moved.
    assert len(ranges(lake.location("silver.orders"), "order_id")) <= 2

    # Delta forgets what a table is clustered by once all its rows are replaced, as by a first load. Upkeep sets it
    # again, by the contract of that day, and clusters the files; after that it has nothing to set.
    lake.amend("silver.names", "clusterBy, value: [customer_id]", "clusterBy, value: [name]")
    wanted = {tables[0]: ["customer_id"], tables[1]: ["name"], tables[2]: ["customer_id"], events: ["customer_id"]}
    before = {place: lake.spark.read.format("delta").load(place).collect() for place in wanted}
    lake.upkeep("u1")
    assert wanted == {place: clustering(lake.spark, place) for place in wanted}
    assert {place: sorted(rows) for place, rows in before.items()} == {
        place: sorted(lake.spark.read.format("delta").load(place).collect()) for place in wanted
    }
    said = [clusterings(place) for place in wanted]
    lake.run("r2", (Step.INGEST, Step.REFINE, Step.BUILD))
    lake.upkeep("u2")
    assert said == [clusterings(place) for place in wanted]
