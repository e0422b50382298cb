"""Products with their categories."""

from decimal import Decimal

import pytest

from tests.support.contract_rows import built, warned

pytestmark = pytest.mark.slow


def product(number, subcategory=None, cost="6", price="9"):
    return {
        "product_id": number,
        "product_number": f"P-{number}",
        "product_name": f"Thing {number}",
        "product_subcategory_id": subcategory,
        "standard_cost_usd": Decimal(cost),
        "list_price_usd": Decimal(price),
        "is_made_in_house": True,
        "is_sellable": True,
    }


def test_a_product_finds_its_categories_and_its_margin(spark):
    rows = built(
        spark,
        "gold.product_dim",
        silver__products=[
            product(1, 10),
            product(2, 11, price="0"),
            product(3, 12, cost="10"),
            product(4),
            product(5, cost="1500", price="0.01"),
        ],
        silver__product_subcategories=[
            {"subcategory_id": 10, "category_id": 1, "subcategory_name": "Road Bikes"},
            {"subcategory_id": 11, "category_id": 7, "subcategory_name": "Lost"},
        ],
        silver__product_categories=[{"category_id": 1, "category_name": "Bikes"}],
    )

    assert [
        (1, "Bikes", "Road Bikes", Decimal("33.33")),
        (2, None, "Lost", None),
        (3, None, None, Decimal("-11.11")),
        (4, None, None, Decimal("33.33")),
        (5, None, None, Decimal("-14999900.00")),
    ] == [(r["product_id"], r["category_name"], r["subcategory_name"], r["list_margin_pct"]) for r in rows]
    # Of the second product the category is not known, of the third the subcategory; the others are in one, or in none.
    unknown = {"category_known"}
    assert [set(), unknown, unknown, set(), set()] == warned(spark, "gold.product_dim", rows)
