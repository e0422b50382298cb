"""A customer's versions follow the newest of what is known of the person behind the customer."""

from datetime import UTC, datetime

import pytest

from tests.support.contract_rows import built

pytestmark = pytest.mark.slow

FIRST, CORRECTED, LATER = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 10, 20))
SEEN = datetime(2026, 11, 15, 4, tzinfo=UTC)


def test_of_two_changes_with_one_stamp_the_one_read_later_stays(spark):
    """The second customer was first seen after both; the third has two changes, and a later one."""
    people = [(10, FIRST, 1, 0), (10, CORRECTED, 2, 2), (10, CORRECTED, 3, 0)]
    people += [(11, FIRST, 1, 1), (11, CORRECTED, 3, 0), (11, CORRECTED, 2, 2), (11, LATER, 4, 1)]
    customers = [(1, 10, 1), (2, 10, 2), (3, 11, 1)]

    versions = built(
        spark,
        "silver.customers_history",
        bronze__snowflake__customers=[
            {"customerid": customer, "personid": person, "_sequence": batch, "_ingested_at": SEEN}
            for customer, person, first in customers
            for batch in range(first, 3)
        ],
        bronze__snowflake__persons=[
            {"businessentityid": n, "modifieddate": at, "_sequence": batch, "emailpromotion": promotion}
            for n, at, batch, promotion in people
        ],
    )

    told = [
        (v["customer_id"], v["email_promotion"], f"{v['valid_from'].astimezone(UTC):%Y-%m-%d}", v["is_current"])
        for v in versions
    ]
    assert [
        (1, 0, "1900-01-01", True),
        (2, 0, "2026-11-15", True),
        (3, 1, "1900-01-01", False),
        (3, 0, "2026-11-10", False),
        (3, 1, "2026-11-20", True),
    ] == told
