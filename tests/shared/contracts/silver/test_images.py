"""What silver makes of odd values in its sources: nothing silently becomes null."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support.contract_rows import newest, refined

pytestmark = pytest.mark.slow

STAMP = datetime(2011, 6, 7, tzinfo=UTC)
ORDER = {
    "salesorderid": 1,
    "customerid": 2,
    "orderdate": STAMP,
    "status": 5,
    "onlineorderflag": True,
    "subtotal": Decimal(10),
    "taxamt": Decimal(1),
    "freight": Decimal(2),
    "totaldue": Decimal(13),
    "modifieddate": STAMP,
}
LINE = {
    "salesorderid": 1,
    "salesorderdetailid": 1,
    "productid": 1,
    "orderqty": 1,
    "unitprice": Decimal(1),
    "unitpricediscount": Decimal(0),
    "modifieddate": STAMP,
}
PRODUCT = {
    "productid": 1,
    "productnumber": "AR-5381",
    "name": "Adjustable Race",
    "makeflag": False,
    "finishedgoodsflag": False,
    "standardcost": Decimal(0),
    "listprice": Decimal(0),
    "modifieddate": STAMP,
}
SALESFORCE_STAMP = "2024-01-22T16:14:25.000+0000"
OPPORTUNITY = {
    "id": "006Ec00000AieKFIAZ",
    "accountid": "001Ec00000GGw3iIAD",
    "name": "A deal",
    "stagename": "Negotiation",
    "closedate": "2024-11-10",
    "createddate": SALESFORCE_STAMP,
    "systemmodstamp": SALESFORCE_STAMP,
}
CONTACT = {"id": "003Ec00000CyOT7IAN", "createddate": SALESFORCE_STAMP, "systemmodstamp": SALESFORCE_STAMP}


CLEANED = [
    pytest.param("orders", ORDER, "currency_code", "USD", id="the order's currency"),
    pytest.param("orders", ORDER | {"status": 6}, "status", "cancelled", id="a status in words"),
    pytest.param("customers", {"customerid": 1, "personid": 1}, "customer_kind", "person", id="a private customer"),
    pytest.param("customers", {"customerid": 1, "storeid": 1}, "customer_kind", "store", id="a store"),
    pytest.param("products", PRODUCT | {"productline": "M "}, "product_line", "mountain", id="a padded code"),
    pytest.param("products", PRODUCT | {"class": "H "}, "product_class", "high", id="another padded code"),
    pytest.param(
        "products",
        PRODUCT | {"weight": Decimal("2.24"), "weightunitmeasurecode": "LB "},
        "weight_kg",
        Decimal("1.016047"),
        id="pounds in kilograms",
    ),
    pytest.param(
        "products",
        PRODUCT | {"weight": Decimal("435.00"), "weightunitmeasurecode": "G  "},
        "weight_kg",
        Decimal("0.435000"),
        id="grams in kilograms",
    ),
    pytest.param("products", PRODUCT | {"sellstartdate": STAMP}, "sold_since_date", date(2011, 6, 7), id="a day"),
    pytest.param(
        "opportunities",
        OPPORTUNITY,
        "modified_at",
        datetime(2024, 1, 22, 16, 14, 25, tzinfo=UTC).astimezone().replace(tzinfo=None),
        id="a stamp of Salesforce",
    ),
    pytest.param(
        "opportunities",
        OPPORTUNITY | {"createddate": "2024-01-22T17:14:24.250+0100"},
        "created_at",
        datetime(2024, 1, 22, 16, 14, 24, 250000, tzinfo=UTC).astimezone().replace(tzinfo=None),
        id="a stamp of Salesforce in another zone",
    ),
    pytest.param("opportunities", OPPORTUNITY | {"iswon": "1", "isclosed": "1"}, "is_won", True, id="a flag"),
    pytest.param("opportunities", OPPORTUNITY | {"iswon": "true", "isclosed": "1"}, "is_won", True, id="in words"),
    pytest.param("opportunities", OPPORTUNITY, "is_won", False, id="a flag that is not there"),
    pytest.param("opportunities", OPPORTUNITY | {"iswon": ""}, "is_won", False, id="a flag of two quotes"),
    pytest.param("opportunities", OPPORTUNITY | {"amount": ""}, "amount", None, id="an amount of two quotes"),
    pytest.param("contacts", CONTACT | {"accountid": ""}, "account_id", None, id="a parent of two quotes"),
    pytest.param("opportunities", OPPORTUNITY | {"accountid": ""}, "account_id", None, id="a deal without a company"),
    pytest.param(
        "salesforce_opportunities",
        OPPORTUNITY | {"accountid": None, "isclosed": "false", "iswon": "false"},
        "account_id",
        None,
        id="a deal in Salesforce without a company",
    ),
]

REFUSED = [
    pytest.param("orders", ORDER | {"status": 42}, {"status_known"}, id="unknown status"),
    pytest.param("orders", ORDER | {"status": None}, {"status_required"}, id="no status"),
    pytest.param("orders", ORDER | {"customerid": None}, {"customer_id_required"}, id="no customer"),
    pytest.param("orders", ORDER | {"totaldue": Decimal(-13)}, {"total_not_negative"}, id="negative total"),
    pytest.param("order_lines", LINE | {"orderqty": 0}, {"quantity_positive"}, id="quantity of nothing"),
    pytest.param("order_lines", LINE | {"unitprice": Decimal(-1)}, {"unit_price_not_negative"}, id="a price below"),
    pytest.param("order_lines", LINE | {"unitpricediscount": Decimal("1.5")}, {"discount_is_a_part"}, id="a discount"),
    pytest.param("order_lines", LINE | {"unitpricediscount": Decimal(15)}, {"discount_type"}, id="discount in percent"),
    pytest.param("customers", {"customerid": 1}, {"is_somebody"}, id="nobody"),
    pytest.param("products", PRODUCT | {"productline": "X "}, {"product_line_known"}, id="unknown product line"),
    pytest.param(
        "products",
        PRODUCT | {"weight": Decimal(1), "weightunitmeasurecode": "OZ "},
        {"weight_unit_known"},
        id="unknown unit",
    ),
    pytest.param("products", PRODUCT | {"weight": Decimal(435)}, {"weight_unit_known"}, id="a weight without a unit"),
    pytest.param("opportunities", OPPORTUNITY | {"amount": "1,049,308.19"}, {"amount_type"}, id="commas"),
    pytest.param("opportunities", OPPORTUNITY | {"amount": "n/a"}, {"amount_type"}, id="a word for a number"),
    pytest.param("opportunities", OPPORTUNITY | {"iswon": "maybe"}, {"is_won_type"}, id="a flag that is none"),
    pytest.param("opportunities", OPPORTUNITY | {"id": "006"}, {"opportunity_id_shaped"}, id="a short id"),
    pytest.param(
        "opportunities", OPPORTUNITY | {"systemmodstamp": "22/01/2024"}, {"modified_at_type"}, id="another stamp"
    ),
    pytest.param("contacts", CONTACT | {"id": ""}, {"contact_id_required"}, id="a key of two quotes"),
]

DOUBTFUL = [
    pytest.param("orders", ORDER | {"totaldue": Decimal(14)}, {"total_adds_up"}, id="a total that does not add up"),
    pytest.param(
        "orders",
        ORDER | {"shipdate": datetime(2011, 6, 6, tzinfo=UTC)},
        {"not_shipped_before_ordered"},
        id="shipped before it was ordered",
    ),
    pytest.param(
        "order_lines",
        LINE | {"unitpricediscount": Decimal("0.6")},
        {"discount_is_moderate"},
        id="more than half off",
    ),
    pytest.param("opportunities", OPPORTUNITY | {"iswon": "1"}, {"won_is_closed"}, id="won but not closed"),
    pytest.param("opportunities", OPPORTUNITY | {"stagename": "Hoping"}, {"stage_known"}, id="an unknown stage"),
]

RETURN = {"return_id": "R1-1", "order_id": "1", "line_id": "1", "quantity": "1", "reason": "late"}
LINK = {"visitor_id": "v", "clicked_at": "2024-05-31 12:00:00"}
# What changed on the day of the previous version's timestamp, to something that compares lower.
CORRECTED = {
    "orders": ((ORDER | {"status": 1}, "in_process"), (ORDER | {"status": 6}, "cancelled"), "status"),
    "order_lines": ((LINE | {"orderqty": 5}, 5), (LINE | {"orderqty": 2}, 2), "quantity"),
    "products": ((PRODUCT, "Adjustable Race"), (PRODUCT | {"name": "A Race"}, "A Race"), "product_name"),
    "stores": (
        ({"businessentityid": 1, "storename": "Bikes", "modifieddate": STAMP}, "Bikes"),
        ({"businessentityid": 1, "storename": "A Bike", "modifieddate": STAMP}, "A Bike"),
        "store_name",
    ),
    "order_returns": (
        (RETURN | {"returned_at": "2012-06-20 00:00:00"}, datetime(2012, 6, 20, tzinfo=UTC)),
        (RETURN | {"returned_at": "2011-06-20 00:00:00"}, datetime(2011, 6, 20, tzinfo=UTC)),
        "returned_at",
    ),
    "click_bridge": ((LINK | {"order_id": "2"}, 2), (LINK | {"order_id": "1"}, 1), "order_id"),
}


@pytest.fixture(scope="module")
def images(spark):
    """What became of the given row of each case; the rows of one table go through Spark together."""
    cases = [(case.values[0], case.values[1]) for case in (*CLEANED, *REFUSED, *DOUBTFUL)]
    found = []
    for table in sorted({table for table, _ in cases}):
        given = [row for name, row in cases if name == table]
        found += zip([table] * len(given), given, refined(spark, f"silver.{table}", given), strict=True)
    return lambda table, given: next(made for name, row, made in found if (name, row) == (table, given))


@pytest.mark.parametrize("table, given, column, value", CLEANED)
def test_a_value_is_cleaned(images, table, given, column, value):
    row = images(table, given)

    assert (value, set(), set()) == (row[column], row["failed"], row["warned"])


@pytest.mark.parametrize("table, given, failed", REFUSED)
def test_a_bad_value_is_refused(images, table, given, failed):
    assert failed == images(table, given)["failed"]


@pytest.mark.parametrize("table, given, warned", DOUBTFUL)
def test_a_doubtful_row_is_kept_and_counted(images, table, given, warned):
    row = images(table, given)

    assert (set(), warned) == (row["failed"], row["warned"])


@pytest.mark.parametrize("table", CORRECTED)
def test_of_two_versions_with_one_stamp_the_one_read_later_stays(spark, table):
    (before, old), (after, new), column = CORRECTED[table]

    for batches, kept in (((1, 2), new), ((2, 1), old)):
        rows = [version | {"_sequence": batch} for version, batch in zip((before, after), batches, strict=True)]
        [row] = newest(spark, f"silver.{table}", rows)
        value = row[column]
        assert kept == (value.astimezone(UTC) if column == "returned_at" else value)
