"""A lake in the midst of its work: some tables are there, and what has landed since makes every kind of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.jobs import Step
from tests.support.served import serve_totals
from tests.support.small_contracts import CUSTOMERS as PROPERTIES
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract

if TYPE_CHECKING:
    from tests.support.small_lake import SmallLake

TEN, ELEVEN = "2026-01-01 10:00:00", "2026-01-01 11:00:00"
CUSTOMERS, ORDERS, STOCK = (
    "customer_id,name,changed_at",
    "order_id,customer_id,amount_eur,state,changed_at",
    "product,pieces",
)
# Names are personal: silver has tokens of them, which vaults turn back.
CLOSED_NAME = (", description: Text.}", ", classification: restricted, description: Text.}")
TOKEN = ", classification: restricted, customProperties: [{property: treatment, value: tokenize}]}"
TOKENIZED = PROPERTIES.replace("description: Name.}", f"description: Name.{TOKEN}")
# The customers once more, each with its versions.
NAMES = contract("silver.names", TOKENIZED, KEY_AND_SEQUENCE | {"storedAsScdType": "2"})


def begun(lake: SmallLake) -> SmallLake:
    """Some tables are there; the next run makes the others, and inserts, updates, deletes and refuses rows."""
    lake.files["silver.names"] = NAMES
    serve_totals(lake)
    lake.files["silver.customers"] = contract("silver.customers", TOKENIZED, KEY_AND_SEQUENCE)
    lines = lake.files["bronze.shop__customers"].splitlines(keepends=True)
    told = [line.replace(*CLOSED_NAME) if "{name: name," in line else line for line in lines]
    lake.files["bronze.shop__customers"] = "".join(told)
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}", f"2,Bob,{TEN}")
    lake.land("bronze.shop__orders", ORDERS, f"10,1,5,new,{TEN}", f"11,9,1,new,{TEN}", f"12,2,1,new,{TEN}", "13")
    lake.land("bronze.shop__stock", STOCK, "a,1", "b,2", "c,3")
    lake.run("r1", (Step.INGEST, Step.REFINE))
    lake.land("bronze.shop__customers", CUSTOMERS, f"1,Anna,{ELEVEN}", f"2,Bo,{TEN}", f"3,Cy,{TEN}", "4,Di,never", "5")
    changed = [f"10,1,6,paid,{ELEVEN}", f"14,3,5000,new,{TEN}", f"15,7,1,new,{TEN}", "16"]
    deleted = [f"12,,,deleted,{ELEVEN}", f"17,,,deleted,{TEN}"]
    lake.land("bronze.shop__orders", ORDERS, *changed, *deleted)
    lake.land("bronze.shop__stock", STOCK, "a,10", "b,two", "d,4")
    return lake
