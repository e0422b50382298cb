"""A contract's promise of freshness is read, and one that no run could check is refused."""

import pytest

from shared.contracts import load_catalog
from shared.contracts.freshness import Freshness
from shared.errors import ContractError
from tests.support.small_contracts import contract

COLUMNS = (
    "      - {name: id, logicalType: integer, physicalType: bigint, primaryKey: true, description: Id.}\n"
    "      - {name: changed_at, logicalType: timestamp, physicalType: timestamp, description: When.}\n"
    "      - {name: amount, logicalType: integer, physicalType: bigint, description: How much.}\n"
)
FILES = 'type: s3, location: "s3://landing/shop__orders/*.csv", format: csv'
ASKED = "type: snowflake, account: acme, database: SHOP, schema: PUBLIC"


@pytest.fixture
def promised(tmp_path):
    """The promise of a bronze table with a cursor and some `slaProperties`."""

    def compile_(*properties, cursor="changed_at"):
        folder = tmp_path / "bronze"
        folder.mkdir()
        custom = {"writeDisposition": "append", "cursor": cursor}
        text = contract("bronze.shop__orders", COLUMNS, custom).replace(FILES, ASKED)
        sla = "".join(f"  - {{property: {p}}}\n" for p in properties)
        (folder / "shop__orders.odcs.yaml").write_text(f"{text}slaProperties:\n{sla}" if sla else text)
        return load_catalog.__wrapped__(tmp_path).table("bronze.shop__orders").freshness

    return compile_


@pytest.mark.parametrize(
    "properties, freshness",
    [
        pytest.param([], None, id="nothing"),
        pytest.param(["retention, value: 7, unit: y"], None, id="something else"),
        pytest.param(["freshness, value: 26, unit: h"], Freshness(seconds=93_600), id="the table, unnamed"),
        pytest.param(
            ["retention, value: 7, unit: y", "freshness, value: 1.5, unit: hours, element: shop__orders"],
            Freshness(seconds=5400),
            id="the table",
        ),
        pytest.param(
            ["freshness, value: 4, unit: d, element: shop__orders.changed_at"],
            Freshness(seconds=345_600, cursor="changed_at"),
            id="the cursor",
        ),
        pytest.param(["freshness, value: 15, unit: min"], Freshness(seconds=900), id="minutes"),
    ],
)
def test_a_promise_is_a_span_of_the_table_or_of_its_cursor(promised, properties, freshness):
    assert freshness == promised(*properties)


@pytest.mark.parametrize(
    "properties, told",
    [
        pytest.param(["freshness, value: 1, unit: h"] * 2, "23: freshness is promised twice", id="twice"),
        pytest.param(["freshness, value: 1"], "value 1, unit None", id="no unit"),
        pytest.param(["freshness, value: 1, unit: fortnight"], "unit fortnight", id="another unit"),
        pytest.param(["freshness, value: 0, unit: h"], "value 0", id="no time"),
        pytest.param(["freshness, value: soon, unit: h"], "value soon", id="no number"),
        pytest.param(["freshness, value: true, unit: h"], "value True", id="true"),
        pytest.param(["freshness, value: 61, unit: d"], "60 days at most", id="longer than runs are known"),
        pytest.param(
            ["freshness, value: 1, unit: h, element: shop__orders.amount"],
            "expected: shop__orders or shop__orders.changed_at",
            id="a column that no run tells of",
        ),
        pytest.param(["freshness, value: 1, unit: h, element: orders"], "given: orders", id="another table"),
        pytest.param(["freshness, value: 1, unit: h, elements: x"], "unknown key", id="a misspelt key"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_with_its_line(promised, properties, told):
    with pytest.raises(ContractError, match=r"bronze/shop__orders.odcs.yaml:\d") as caught:
        promised(*properties)

    assert told in str(caught.value)


def test_a_cursor_of_numbers_gives_no_time(promised):
    with pytest.raises(ContractError, match="no run tells the newest of") as caught:
        promised("freshness, value: 1, unit: h, element: shop__orders.amount", cursor="amount")

    assert "expected: shop__orders;" in str(caught.value)
