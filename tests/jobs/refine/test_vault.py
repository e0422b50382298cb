"""A token is never in a table without its row in the vault, and stands for one value under one key."""

import hmac
import json
import shutil

import boto3
import pytest
from deltalake import DeltaTable

from shared.jobs import Status, Step
from shared.names import TableName, pii_folder, pii_key_secret
from shared.vault import vault_location
from tests.support.begun import CUSTOMERS, TEN, TOKENIZED
from tests.support.killing import dying_before_landing
from tests.support.small_contracts import KEY_AND_SEQUENCE, contract
from tests.support.small_lake import ENV, let_leases_run_out

pytestmark = pytest.mark.extra

CUSTOMER, ALIKE = "silver.customers", "silver.partners"
BOTH = ("bronze.shop__customers", CUSTOMER, ALIKE)
STEPS = (Step.INGEST, Step.REFINE)
NINE, ELEVEN, NOON = "2026-01-01 09:00:00", "2026-01-01 11:00:00", "2026-01-01 12:00:00"
KEYS = {"k1": "the key of a small lake", "k2": "the key after that"}
ZOE_REFUSED = "WHERE name = 'Zoe'"
RULE = (
    f'quality: [{{name: not_zoe, type: sql, query: "SELECT COUNT(*) FROM ${{table}} {ZOE_REFUSED}", mustBe: 0}}], '
    "transformLogic: trim(name)"
)


def token(value, version="k1"):
    return f"tok:{version}:{hmac.digest(KEYS[version].encode(), f'tok:{value}'.encode(), 'sha256').hex()}"


def vault(lake, table=CUSTOMER):
    """The values in the vault of a table, by token, with the batches that wrote them; read without Spark."""
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


@pytest.fixture
def shown(lake):
    """The same after a first day: Ann twice, Bob, one without a name, and Zoe, who is refused."""
    names_of = ["1,Ann", "2, Bob ", "3,", "4,Ann", "5,Zoe"]
    lake.land("bronze.shop__customers", CUSTOMERS, *[f"{row},{TEN}" for row in names_of], f"2,Old,{NINE}")
    ran = lake.run("r1", STEPS, BOTH)
    assert {Status.SUCCEEDED} == {o.status for o in ran.outcomes.values()}
    return lake


def test_a_value_has_one_token_in_every_table_and_one_row_in_each_vault(shown):
    ann, bob = token("Ann"), token("Bob")
    # A null has no token, and neither has what was refused or superseded.
    assert {1: ann, 2: bob, 3: None, 4: ann} == names(shown) == names(shown, ALIKE)
    assert {ann: ("Ann", 1), bob: ("Bob", 1)} == vault(shown) == vault(shown, ALIKE)
    assert ["***"] == [json.loads(row[-1])["name"] for row in shown.refused(CUSTOMER)]

    before = versions(shown)
    shown.land("bronze.shop__customers", CUSTOMERS, f"3,Bob,{ELEVEN}", f"4,,{ELEVEN}")
    shown.run("r2", STEPS, BOTH)
    assert {1: ann, 2: bob, 3: bob, 4: None} == names(shown)
    assert before == versions(shown)


def test_a_run_that_dies_between_vault_and_table_leaves_no_token_of_the_key_before(shown, monkeypatch):
    """The key is rotated before the next try, so that the batch has other tokens then."""
    shown.land("bronze.shop__customers", CUSTOMERS, f"6,Cy,{TEN}", f"2,Ann,{NOON}")
    with dying_before_landing(monkeypatch):
        ran = shown.run("r2", STEPS, BOTH)
    assert Status.FAILED is ran.outcomes[CUSTOMER].status
    assert ("Cy", 2) == vault(shown)[token("Cy")]
    assert 6 not in names(shown)

    let_leases_run_out()
    rotate()
    shown.run("r3", STEPS, BOTH)
    ann, ann2, bob, cy2 = token("Ann"), token("Ann", "k2"), token("Bob"), token("Cy", "k2")
    assert {1: ann, 2: ann2, 3: None, 4: ann, 6: cy2} == names(shown)
    known = {ann: ("Ann", 1), bob: ("Bob", 1), ann2: ("Ann", 2), cy2: ("Cy", 2)}
    assert known == vault(shown) == vault(shown, ALIKE)


def test_a_rebuilt_table_has_tokens_of_the_new_key_and_its_vault_those_of_both(shown):
    """Others may still have the old ones. Where nothing is tokenized any more, nothing is kept."""
    before = vault(shown, ALIKE)
    rotate()
    shown.amend(ALIKE, "version: 1.0.0", "version: 2.0.0")
    shown.amend(ALIKE, ZOE_REFUSED, "WHERE name = 'Zoey'")
    shown.amend(CUSTOMER, "version: 1.0.0", "version: 2.0.0")
    shown.amend(CUSTOMER, "tokenize", "hmac")
    shown.run("r2", STEPS, BOTH)

    ann2, bob2, zoe2 = token("Ann", "k2"), token("Bob", "k2"), token("Zoe", "k2")
    assert {1: ann2, 2: bob2, 3: None, 4: ann2, 5: zoe2} == names(shown, ALIKE)
    assert before | {ann2: ("Ann", 2), bob2: ("Bob", 2), zoe2: ("Zoe", 2)} == vault(shown, ALIKE)
    assert {} == vault(shown)
    assert {"k2", None} == {name and name.partition(":")[0] for name in names(shown).values()}


def test_a_vault_outlives_a_table_that_is_moved_away_and_rebuilt(shown, monkeypatch):
    """The table counts its batches from 1 again. A death brings in, and its recovery takes out, only its own rows."""
    shown.land("bronze.shop__customers", CUSTOMERS, f"6,Cy,{TEN}")
    shown.run("r2", STEPS, BOTH)
    before, names_before = vault(shown, ALIKE), names(shown, ALIKE)
    assert ("Cy", 2) == before[token("Cy")]
    shutil.move(shown.location(ALIKE), shown.root / "earlier partners")
    shown.run("r3", tables=BOTH)
    assert (before, names_before) == (vault(shown, ALIKE), names(shown, ALIKE))

    shown.land("bronze.shop__customers", CUSTOMERS, f"7,Di,{TEN}")
    with dying_before_landing(monkeypatch):
        shown.run("r4", STEPS, BOTH)
    assert before | {token("Di"): ("Di", 2)} == vault(shown, ALIKE)
    let_leases_run_out()
    shown.run("r5", tables=BOTH)
    assert before | {token("Di"): ("Di", 2)} == vault(shown, ALIKE)
