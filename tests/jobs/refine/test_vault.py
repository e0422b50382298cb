"""A token never stands in a table without its row in the vault, and stands for one value under one key."""

import hmac
import json
import shutil

import boto3
import pytest
from deltalake import DeltaTable

from shared.errors import TerminalError
from shared.jobs import Status, Step
from shared.names import TableName, pii_folder, pii_key_secret
from shared.vault import vault_location
from tests.support.begun import CUSTOMERS, TEN, TOKENIZED
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract
from tests.support.small_lake import ENV, let_leases_run_out

CUSTOMER, ALIKE = "silver.customers", "silver.partners"
BOTH = ("bronze.shop__customers", CUSTOMER, ALIKE)
STEPS = (Step.INGEST, Step.REFINE)
NINE, ELEVEN, NOON = "2026-01-01 09:00:00", "2026-01-01 11:00:00", "2026-01-01 12:00:00"
KEYS = {"k1": "the key of a small lake", "k2": "the key after that"}
RULE = (
    "quality: [{name: not_zoe, type: sql, query: \"SELECT COUNT(*) FROM ${table} WHERE name = 'Zoe'\", mustBe: 0}], "
    "transformLogic: trim(name)"
)


def token(value, version="k1"):
    return f"tok:{version}:{hmac.digest(KEYS[version].encode(), f'tok:{value}'.encode(), 'sha256').hex()}"


def vault(lake, table=CUSTOMER):
    """What the vault of a table says, and the batches that said it, read without Spark."""
    place = vault_location(pii_folder(lake.lake_root), TableName.parse(table))
    rows = DeltaTable(place).to_pyarrow_table().to_pylist() if DeltaTable.is_deltatable(place) else []
    assert len(rows) == len({row["token"] for row in rows})
    return {row["token"]: (row["value"], row["_batch"]) for row in rows}


def versions(lake):
    return {place: version for place, version in lake.versions().items() if "vault" in place}


def names(lake, table=CUSTOMER):
    return {row[0]: row[1] for row in lake.rows(table)}


def rotate():
    secret = json.dumps({"current": "k2", **KEYS})
    boto3.client("secretsmanager").put_secret_value(SecretId=pii_key_secret(ENV), SecretString=secret)


@pytest.fixture
def lake(small_lake):
    """Customers whose names are tokens, in two tables at once."""
    bronze = small_lake.files["bronze.shop__customers"]
    line = "{name: name, logicalType: string, physicalType: string, "
    properties = TOKENIZED.replace("transformLogic: trim(name)", RULE)
    small_lake.files = {
        "bronze.shop__customers": bronze.replace(line, f"{line}classification: restricted, "),
        CUSTOMER: contract(CUSTOMER, properties, KEY_AND_SEQUENCE),
        ALIKE: contract(ALIKE, properties, KEY_AND_SEQUENCE),
    }
    return small_lake


def test_tokens_stand_for_values_through_reruns_deaths_rotation_and_another_treatment(lake, monkeypatch):
    first = ["1,Ann", "2, Bob ", "3,", "4,Ann", "5,Zoe"]
    lake.land("bronze.shop__customers", CUSTOMERS, *[f"{row},{TEN}" for row in first], f"2,Old,{NINE}")
    ran = lake.run("r1", STEPS, BOTH)
    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    ann, bob = token("Ann"), token("Bob")
    # A null has no token, what was refused or superseded has none either, and one value has one in every table.
    assert {1: ann, 2: bob, 3: None, 4: ann} == names(lake) == names(lake, ALIKE)
    assert {ann: ("Ann", 1), bob: ("Bob", 1)} == vault(lake) == vault(lake, ALIKE)
    assert ["***"] == [json.loads(row[-1])["name"] for row in lake.refused(CUSTOMER)]

    before = versions(lake)
    lake.land("bronze.shop__customers", CUSTOMERS, f"3,Bob,{ELEVEN}", f"4,,{ELEVEN}")
    lake.run("r2", STEPS, BOTH)
    assert {1: ann, 2: bob, 3: bob, 4: None} == names(lake)
    assert before == versions(lake)

    # It dies between vault and table, and before the next try the key is rotated.
    lake.land("bronze.shop__customers", CUSTOMERS, f"6,Cy,{TEN}", f"2,Ann,{NOON}")
    with monkeypatch.context() as dying:
        dying.setattr("jobs.refine.flow.land", lambda *_, **__: (_ for _ in ()).throw(TerminalError("it dies here")))
        ran = lake.run("r3", STEPS, BOTH)
    assert Status.FAILED is ran.outcomes[CUSTOMER].status
    assert ("Cy", 3) == vault(lake)[token("Cy")]
    assert 6 not in names(lake)
    let_leases_run_out()
    rotate()
    lake.run("r4", STEPS, BOTH)
    ann2, cy2 = token("Ann", "k2"), token("Cy", "k2")
    assert {1: ann, 2: ann2, 3: bob, 4: None, 6: cy2} == names(lake)
    known = {ann: ("Ann", 1), bob: ("Bob", 1), ann2: ("Ann", 3), cy2: ("Cy", 3)}
    assert known == vault(lake) == vault(lake, ALIKE)

    # Made anew, every token is one of the new key; those that others may still hold can be turned back.
    lake.amend(ALIKE, "version: 1.0.0", "version: 2.0.0")
    lake.amend(ALIKE, "WHERE name = 'Zoe'", "WHERE name = 'Zoey'")
    # And where nothing is tokenized any more, nothing is kept.
    lake.amend(CUSTOMER, "version: 1.0.0", "version: 2.0.0")
    lake.amend(CUSTOMER, "tokenize", "hmac")
    lake.run("r5", STEPS, BOTH)
    bob2, zoe2 = token("Bob", "k2"), token("Zoe", "k2")
    assert {1: ann2, 2: ann2, 3: bob2, 4: None, 5: zoe2, 6: cy2} == names(lake, ALIKE)
    assert known | {bob2: ("Bob", 4), zoe2: ("Zoe", 4)} == vault(lake, ALIKE)
    assert {} == vault(lake)
    assert {"k2", None} == {name and name.partition(":")[0] for name in names(lake).values()}

    # Moved away and built anew, the table counts its batches from 1. What tokens stand for stays, and a death brings in
    # and takes out what is its own alone.
    before, shown = vault(lake, ALIKE), names(lake, ALIKE)
    shutil.move(lake.location(ALIKE), lake.root / "partners of before")
    lake.run("r6", tables=BOTH)
    assert (before, shown) == (vault(lake, ALIKE), names(lake, ALIKE))
    lake.land("bronze.shop__customers", CUSTOMERS, f"7,Di,{TEN}")
    with monkeypatch.context() as dying:
        dying.setattr("jobs.refine.flow.land", lambda *_, **__: (_ for _ in ()).throw(TerminalError("it dies here")))
        lake.run("r7", (Step.INGEST, Step.REFINE), BOTH)
    assert before | {token("Di", "k2"): ("Di", 2)} == vault(lake, ALIKE)
    let_leases_run_out()
    lake.run("r8", tables=BOTH)
    assert before | {token("Di", "k2"): ("Di", 2)} == vault(lake, ALIKE)
