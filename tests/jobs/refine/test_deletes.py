"""Deletes that a source marks: in whatever order they and the rows they delete arrive, the newest of them wins."""

import hmac
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import boto3
import pytest

from jobs.refine.classify import SEQUENCE_TIED
from shared.jobs import Status, Step
from shared.names import pii_key_secret
from tests.support.people import PEOPLE
from tests.support.small_contracts import KEY_AND_SEQUENCE, bronze, contract
from tests.support.small_lake import ENV, PII_KEY

pytestmark = pytest.mark.extra

STEPS = (Step.INGEST, Step.REFINE)
CUSTOMERS, ORDERS = "customer_id,name,changed_at", "order_id,customer_id,amount_eur,state,changed_at"
NINE, TEN, ELEVEN, NOON = (datetime(2026, 1, 1, hour) for hour in (9, 10, 11, 12))  # noqa: DTZ001 - UTC, without a zone


@pytest.fixture
def shop(small_lake):
    """Customer 1 is known; orders 1 to 4 exist since ten."""
    small_lake.only("bronze.shop__customers", "silver.customers", "bronze.shop__orders", "silver.orders")
    small_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    small_lake.land("bronze.shop__orders", ORDERS, *[f"{order},1,5,new,{TEN}" for order in (1, 2, 3, 4)])
    small_lake.run("r1", STEPS)
    return small_lake


def land(lake, run, *orders):
    """Land orders, ingest and refine them, and return the run."""
    lake.land("bronze.shop__orders", ORDERS, *orders)
    return lake.run(run, STEPS)


def test_the_newest_of_deletes_and_rows_holds_and_the_books_say_what_became_of_each(shop):
    ran = land(
        shop,
        "r2",
        f"1,,,deleted,{ELEVEN}",  # takes the row out; what else it holds is not judged
        f"2,9,-1,deleted,{NINE}",  # too old
        f"3,1,7,paid,{TEN}",  # at the same moment a delete wins
        f"3,1,5,deleted,{TEN}",
        f"4,1,5,deleted,{ELEVEN}",  # and is outlived in the same batch
        f"4,1,8,again,{NOON}",
        f"5,,,deleted,{ELEVEN}",  # its row is yet to come
        ",1,5,deleted," + str(TEN),  # deletes nobody knows whom
        "6,1,5,deleted,",  # nobody knows when
    )
    assert [
        (2, 1, Decimal("5.00"), "new", TEN),
        (4, 1, Decimal("8.00"), "again", NOON),
    ] == shop.rows("silver.orders")
    assert [(2, 1, ELEVEN), (2, 3, TEN), (2, 5, ELEVEN)] == shop.tombstones("silver.orders")
    books = {"read": 9, "updated": 1, "deleted": 2, "tombstoned": 3, "superseded": 3, "quarantined": 2}
    assert books == ran.books("silver.orders")
    # Order 3's delete ties with a row in the batch, and with the row that the table had.
    assert {SEQUENCE_TIED: 2} == ran.outcomes["silver.orders"].warnings
    assert [["changed_at_required"], ["order_id_required"]] == sorted(r[1] for r in shop.refused("silver.orders"))

    ran = land(
        shop,
        "r3",
        f"1,1,4,late,{TEN}",  # deleted since
        f"3,1,6,late too,{TEN}",
        f"5,1,5,late,{TEN}",  # deleted before it came
        f"1,1,9,back,{NOON}",  # a new life
        f"5,1,5,deleted,{ELEVEN}",  # told once more
    )
    assert [1, 2, 4] == [row[0] for row in shop.rows("silver.orders")]
    assert [(2, 1, ELEVEN), (2, 3, TEN), (2, 5, ELEVEN)] == shop.tombstones("silver.orders")
    assert {"read": 5, "inserted": 1, "superseded": 4} == ran.books("silver.orders")
    assert {SEQUENCE_TIED: 1} == ran.outcomes["silver.orders"].warnings


def test_a_tombstone_is_kept_as_long_as_the_contract_says(shop):
    land(shop, "r2", f"1,,,deleted,{ELEVEN}")
    day_30, day_31 = (date(2026, 1, 1) + timedelta(days=days) for days in (30, 31))
    shop.land("bronze.shop__orders", ORDERS, f"1,1,4,late,{TEN}")
    shop.run("r3", STEPS, business_date=day_30)
    assert [2, 3, 4] == [row[0] for row in shop.rows("silver.orders")]

    # A day later the tombstone no longer counts.
    shop.land("bronze.shop__orders", ORDERS, f"1,1,4,later,{TEN}", f"2,,,deleted,{day_31} 08:00:00")
    shop.run("r4", STEPS, business_date=day_31)
    assert [(1, "later"), (3, "new"), (4, "new")] == [(row[0], row[3]) for row in shop.rows("silver.orders")]
    first = datetime(2026, 2, 1, 8)  # noqa: DTZ001 - as above
    assert [(2, 1, ELEVEN), (4, 2, first)] == shop.tombstones("silver.orders")

    # Its tombstone is taken out by the first one to be kept in the month that is the oldest to be remembered now.
    shop.land("bronze.shop__orders", ORDERS, f"3,,,deleted,{day_31} 09:00:00")
    shop.run("r5", STEPS, business_date=date(2026, 3, 4))
    assert [(4, 2, first), (5, 3, first.replace(hour=9))] == shop.tombstones("silver.orders")


def test_a_business_date_that_lies_ahead_forgets_no_delete(shop):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    land(shop, "r2", f"1,,,deleted,{yesterday:%Y-%m-%d %H:%M:%S}")
    shop.land("bronze.shop__orders", ORDERS, f"1,1,4,late,{TEN}")
    shop.run("r3", STEPS, business_date=date(2999, 1, 1))
    assert [2, 3, 4] == [row[0] for row in shop.rows("silver.orders")]


def test_a_delete_in_the_very_first_batch_is_remembered(small_lake):
    small_lake.only("bronze.shop__customers", "silver.customers", "bronze.shop__orders", "silver.orders")
    small_lake.land("bronze.shop__customers", CUSTOMERS, f"1,Ann,{TEN}")
    assert {"read": 1, "tombstoned": 1} == land(small_lake, "r1", f"1,,,deleted,{ELEVEN}").books("silver.orders")
    assert {"read": 1, "superseded": 1} == land(small_lake, "r2", f"1,1,5,late,{TEN}").books("silver.orders")
    assert [] == small_lake.rows("silver.orders")


def test_rows_whose_key_is_hashed_are_not_met_under_another_version_of_the_key(small_lake):
    lake, landed, people = small_lake, "bronze.desk__people", "silver.people"
    header = "person_id,name,op,changed_at"
    whole = "logicalType: integer\n        physicalType: bigint"
    hashed = """logicalType: string
        physicalType: string
        classification: restricted
        customProperties: [{property: treatment, value: hmac}]"""
    columns = bronze(landed, "append", *header.split(","))
    lake.files = {
        landed: columns.replace("{name: person_id, ", "{name: person_id, classification: restricted, "),
        people: contract(people, PEOPLE.replace(whole, hashed), KEY_AND_SEQUENCE | {"applyAsDeletes": "\"op = 'D'\""}),
    }
    lake.land(landed, header, f"1,a,U,{TEN}", f"2,b,U,{TEN}")
    lake.run("r1", STEPS)
    before = lake.rows(people)
    assert {"k1"} == {row[0].partition(":")[0] for row in before}

    keys = json.loads(PII_KEY) | {"current": "k2", "k2": "the key after that"}
    secrets = boto3.client("secretsmanager")
    secrets.put_secret_value(SecretId=pii_key_secret(ENV), SecretString=json.dumps(keys))
    assert Status.UNCHANGED is lake.run("r2", STEPS).outcomes[people].status
    lake.land(landed, header, f"1,,D,{ELEVEN}", f"2,c,U,{ELEVEN}")
    failed = lake.run("r3", STEPS).outcomes[people].failure
    assert ("ContractError", False) == (failed.error, failed.retryable)
    assert "given: version k2 after k1; expected: all rows of the table under one version of the key" in failed.message
    assert "raise the version of the contract to 2.0.0" in failed.message
    assert before == lake.rows(people)

    lake.amend(people, "version: 1.0.0", "version: 2.0.0")
    lake.run("r4", STEPS)
    lake.land(landed, header, f"2,d,U,{NOON}", f"1,late,U,{TEN}")
    lake.run("r5", STEPS)
    key = f"k2:{hmac.digest(b'the key after that', b'2', 'sha256').hex()}"
    assert [(key, "d", NOON)] == lake.rows(people)
