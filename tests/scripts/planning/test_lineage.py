"""A column is followed through SQL, row-local queries and relationships, into columns and into rows."""

import pytest

from scripts.planning.lineage import ROWS, Lineage
from tests.support.hand_made_lake import FILES, write_contracts
from tests.support.small_contracts import bronze, contract

SIZES = """\
      - {name: product, logicalType: string, physicalType: string, primaryKey: true, primaryKeyPosition: 1,
         description: Product.}
      - name: size
        logicalType: string
        physicalType: string
        primaryKey: true
        primaryKeyPosition: 2
        transformSourceObjects: [bronze.desk__sizes]
        description: Size.
      - {name: pieces, logicalType: integer, physicalType: int, description: Pieces.}
      - {name: batch_number, logicalType: integer, physicalType: bigint, description: Batch.}
"""
SIZES_SQL = """\
SELECT product, size, pieces, _sequence AS batch_number, _sequence, _source_position
FROM batch UNPIVOT (pieces FOR size IN (small, large))
"""
TOP = """\
      - {name: customer_id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Buyer.}
      - {name: place, logicalType: integer, physicalType: int, description: Place.}
"""
TOP_SQL = """\
WITH spent AS (SELECT customer_id, amount_eur AS euros FROM gold.totals WHERE orders > 1)
SELECT customer_id, CAST(rank() OVER (ORDER BY euros DESC) AS INT) AS place FROM spent
WHERE euros > 100
"""


@pytest.fixture(scope="module")
def lineage(tmp_path_factory):
    files = {
        **FILES,
        "bronze.desk__sizes": bronze("bronze.desk__sizes", "append", "product", "small", "large"),
        "silver.sizes": contract("silver.sizes", SIZES, {"writeDisposition": "merge", "sequenceBy": "[batch_number]"}),
        "silver.sizes.sql": SIZES_SQL,
        "gold.top": contract("gold.top", TOP, {"writeDisposition": "refresh"}),
        "gold.top.sql": TOP_SQL,
    }
    return Lineage(write_contracts(tmp_path_factory.mktemp("contracts"), files))


@pytest.mark.parametrize("logic", ["TRIM(NAME)", "md5(to_json(struct(*)))"])
def test_a_column_is_found_however_it_is_named(tmp_path, logic):
    customers = FILES["silver.customers"].replace("transformLogic: trim(name)", f"transformLogic: {logic}")
    found = Lineage(write_contracts(tmp_path, {**FILES, "silver.customers": customers}))

    assert ["name"] == found.downstream("bronze.shop__customers", ["name"])["silver.customers"]


def test_what_judges_a_row_decides_which_rows_there_are(lineage, tmp_path):
    dropped = (
        "      - {name: whole, logicalType: string, physicalType: string, classification: restricted, "
        "transformLogic: name, description: Name., customProperties: [{property: treatment, value: drop}]}\n"
        "      - {name: changed_at,"
    )
    customers = FILES["silver.customers"].replace("      - {name: changed_at,", dropped)
    with_dropped = Lineage(write_contracts(tmp_path, {**FILES, "silver.customers": customers}))

    # The rule on its amount may refuse an order, and its state may delete it.
    for column in ("amount_eur", "state"):
        assert {column, ROWS} == set(lineage.downstream("bronze.shop__orders", [column])["silver.orders"])
    assert {"name", ROWS} == set(with_dropped.downstream("bronze.shop__customers", ["name"])["silver.customers"])


@pytest.mark.parametrize(
    "table, column, hit",
    [
        pytest.param("silver.orders", "state", {}, id="a column that nobody reads"),
        pytest.param(
            "silver.orders",
            "amount_eur",
            {"gold.totals": ["amount_eur"], "gold.top": ["place", ROWS]},
            id="through a sum, and into a rank and a filter over a CTE",
        ),
        pytest.param(
            "bronze.shop__customers",
            "name",
            {"silver.customers": ["name"], "gold.totals": ["name", ROWS], "gold.top": [ROWS]},
            id="through transformLogic, into a grouping",
        ),
        pytest.param(
            "silver.stock", "pieces", {"gold.sales": ["pieces_left"]}, id="under another name, through a left join"
        ),
        pytest.param("silver.stock", "product", {"gold.sales": [ROWS]}, id="that a join reads decides rows"),
        pytest.param(
            "bronze.desk__sizes", "large", {"silver.sizes": ["pieces", "size"]}, id="through an UNPIVOT"
        ),
        pytest.param(
            "silver.orders",
            "order_id",
            {"silver.lines": [ROWS], "gold.sales": [ROWS]},
            id="by relationship",
        ),
    ],
)  # fmt: skip
def test_a_column_is_followed(lineage, table, column, hit):
    found = lineage.downstream(table, [column])
    assert hit == found
