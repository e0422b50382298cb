"""Where no cursor shows how old rows are, those are compared that landed within the contract's window."""

import pytest
from delta.tables import DeltaTable

from shared.jobs import Step
from shared.reconciliation import Verdict
from tests.support.small_contracts import CUSTOMERS, FILES, KEY_AND_SEQUENCE, bronze, contract

pytestmark = pytest.mark.extra

BRONZE, SILVER = "bronze.shop__customers", "silver.customers"
COLUMNS = "customer_id,name,changed_at"
STOCK = "bronze.shop__stock"
CLOSED = "classification: restricted"
HASHED = f"{CLOSED}, customProperties: [{{property: treatment, value: hmac}}]"
IN_CLEAR = "{name: name, logicalType: string, physicalType: string, "
CITY = "      - {name: city, logicalType: string, physicalType: string, description: City.}\n"
WITH_CITY = CUSTOMERS.replace("trim(name)", f"trim(name), {HASHED}") + CITY
NAMES = f"""\
      - name: name
        logicalType: string
        physicalType: string
        primaryKey: true
        {CLOSED}
        customProperties: [{{property: treatment, value: hmac}}]
        transformSourceObjects: [{BRONZE}]
        description: Name.
      - {{name: changed_at, logicalType: timestamp, physicalType: timestamp, description: Change.}}
"""
# In one table names are treated, in the other the key.
TREATED = {
    BRONZE: bronze(BRONZE, "append", "customer_id", "name", "changed_at", "city").replace(
        IN_CLEAR, f"{IN_CLEAR}{CLOSED}, "
    ),
    SILVER: contract(SILVER, WITH_CITY, KEY_AND_SEQUENCE),
    "silver.names": contract("silver.names", NAMES, KEY_AND_SEQUENCE),
    STOCK: FILES[STOCK],
    "silver.stock": FILES["silver.stock"],
}


def test_what_landed_long_ago_is_not_compared_and_may_be_newer(small_lake):
    small_lake.only(BRONZE, SILVER)
    small_lake.land(BRONZE, COLUMNS, "1,Ann,2026-01-05", "2,Bob,2026-01-05", "4,Dan,2026-01-05", "5,Eva,2026-01-05")
    small_lake.run("r1", (Step.INGEST, Step.REFINE))
    bronze, silver = (DeltaTable.forPath(small_lake.spark, small_lake.location(name)) for name in (BRONZE, SILVER))
    bronze.update(set={"_ingested_at": "timestamp'2025-01-01'"})
    silver.delete("customer_id = 2")
    # The first row is older than the stored one, and superseded; the second is new, the third newer; the last is
    # refused, so the stored row of its key stays.
    new = ("1,Anne,2026-01-01", "3,Cy,2026-01-06", "4,Dana,2026-01-07", "5,Eve,soon")
    small_lake.land(BRONZE, COLUMNS, *new)
    assert 1 == small_lake.run("r2", (Step.INGEST, Step.REFINE)).outcomes[SILVER].quarantined

    def compared(run_id):
        [comparison] = small_lake.run(run_id, (Step.RECONCILE,)).outcomes[BRONZE].reconciled
        return comparison, {m.name: (m.left, m.right) for m in comparison.measures}

    good, measures = compared("r3")
    assert (Verdict.GREEN, {("3", "3")}, 1) == (good.verdict, set(measures.values()), good.refused)
    assert good.span.startswith("landed since 20")

    silver.update("customer_id = 4", {"name": "'Dan'"})
    silver.delete("customer_id = 3")
    bad, measures = compared("r4")
    assert Verdict.RED == bad.verdict
    assert {"rows": ("3", "2"), "keys met": ("3", "2"), "rows that agree": ("2", "1")} == measures


def test_intact_lake_shows_no_difference_despite_treated_values_and_an_incomplete_snapshot(small_lake):
    small_lake.files = TREATED
    # The hashed names decide which of two rows of one moment is the newest.
    tied = [f"{i},{name},2026-01-05,{city}" for i in range(8) for name, city in ((f"A{i}", "Oslo"), (f"B{i}", "Rome"))]
    small_lake.land(BRONZE, f"{COLUMNS},city", *tied)
    small_lake.land(STOCK, "product,pieces", "a,1", "b,2")
    small_lake.run("r1", (Step.INGEST, Step.REFINE))
    small_lake.land(STOCK, "product,pieces", "b,3", "c,4,9")
    refined = small_lake.run("r2", (Step.INGEST, Step.REFINE)).outcomes["silver.stock"]
    assert {"snapshot_not_whole": 1} == refined.warnings
    assert {"Oslo", "Rome"} == {row[3] for row in small_lake.rows(SILVER)}

    ran = small_lake.run("r3", (Step.RECONCILE,)).outcomes
    found = {n: [(c.right, c.verdict, c.rows.left, c.rows.right) for c in o.reconciled] for n, o in ran.items()}
    assert {
        BRONZE: [(SILVER, Verdict.GREEN, "8", "8")],
        STOCK: [("silver.stock", Verdict.GREEN, "1", "1")],
    } == found
    assert ran[BRONZE].reason.endswith("; silver.names is not compared: its key is treated")

    DeltaTable.forPath(small_lake.spark, small_lake.location(SILVER)).update("customer_id = 3", {"city": "'Bern'"})
    altered = small_lake.run("r4", (Step.RECONCILE,)).outcomes[BRONZE].reconciled[0]
    assert {"rows that agree": ("8", "7")} == {m.name: (m.left, m.right) for m in altered.differing}
