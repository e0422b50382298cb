"""Without a cursor that says how old they are, rows are compared that landed within the contract's window."""

from delta.tables import DeltaTable

from shared.jobs import Step
from shared.reconciliation import Verdict

BRONZE, SILVER = "bronze.shop__customers", "silver.customers"
COLUMNS = "customer_id,name,changed_at"


def test_what_landed_long_ago_is_not_compared_and_may_be_newer(small_lake):
    small_lake.only(BRONZE, SILVER)
    small_lake.land(BRONZE, COLUMNS, "1,Ann,2026-01-05", "2,Bob,2026-01-05", "4,Dan,2026-01-05", "5,Eva,2026-01-05")
    small_lake.run("r1", (Step.INGEST, Step.REFINE))
    bronze, silver = (DeltaTable.forPath(small_lake.spark, small_lake.location(name)) for name in (BRONZE, SILVER))
    bronze.update(set={"_ingested_at": "timestamp'2025-01-01'"})
    silver.delete("customer_id = 2")
    # The first is older than what is there, and superseded; the second is new, the third newer; the last is refused, so
    # that what is there of its key stays.
    new = ("1,Anne,2026-01-01", "3,Cy,2026-01-06", "4,Dana,2026-01-07", "5,Eve,soon")
    small_lake.land(BRONZE, COLUMNS, *new)
    assert 1 == small_lake.run("r2", (Step.INGEST, Step.REFINE)).outcomes[SILVER].quarantined

    def compared(run_id):
        [comparison] = small_lake.run(run_id, (Step.RECONCILE,)).outcomes[BRONZE].reconciled
        return comparison, {m.name: (m.left, m.right) for m in comparison.measures}

    good, told = compared("r3")
    assert (Verdict.GREEN, {("3", "3")}, 1) == (good.verdict, set(told.values()), good.refused)
    assert good.span.startswith("landed since 20")

    silver.update("customer_id = 4", {"name": "'Dan'"})
    silver.delete("customer_id = 3")
    bad, told = compared("r4")
    assert Verdict.RED == bad.verdict
    assert {"rows": ("3", "2"), "keys met": ("3", "2"), "rows that agree": ("2", "1")} == told
