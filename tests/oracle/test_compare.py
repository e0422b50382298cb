"""A comparison that lets a difference through is worse than none."""

from decimal import Decimal

import pyarrow as pa
import pytest

from tests.oracle.compare import assert_same_rows

pytestmark = pytest.mark.examples

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.decimal128(19, 4))])
ROWS = pa.Table.from_pylist(
    [{"id": 1, "name": "a", "amount": Decimal("1000000.0000")}, {"id": 2, "name": None, "amount": None}], SCHEMA
)


@pytest.mark.parametrize(
    "actual",
    [
        pytest.param(ROWS, id="the very rows"),
        pytest.param(ROWS.take([1, 0]), id="in another order"),
        pytest.param(ROWS.cast(SCHEMA.set(1, pa.field("name", pa.large_string()))), id="with another kind of text"),
    ],
)
def test_the_same_rows_pass(actual):
    assert_same_rows(ROWS, actual, ("id",))


@pytest.mark.parametrize(
    "actual, said",
    [
        pytest.param(
            ROWS.slice(0, 1), r"expected 2 rows, found 1; 1 keys differ: {'id': 2}: missing", id="a missing row"
        ),
        pytest.param(pa.concat_tables([ROWS, ROWS]), "expected 2 rows, found 4", id="every row twice"),
        pytest.param(
            ROWS.set_column(2, SCHEMA.field(2), pa.array([Decimal("1000000.0001"), None], pa.decimal128(19, 4))),
            r"amount is Decimal\('1000000.0001'\), not Decimal\('1000000.0000'\)",
            id="a ten-thousandth",
        ),
        pytest.param(
            ROWS.set_column(1, SCHEMA.field(1), pa.array(["a", ""])), "name is '', not None", id="empty instead of null"
        ),
        pytest.param(ROWS.cast(SCHEMA.set(0, pa.field("id", pa.int32()))), "int32", id="another type"),
        pytest.param(ROWS.select(["name", "id", "amount"]).drop(["name"]), "name", id="a missing column"),
    ],
)
def test_any_difference_fails(actual, said):
    with pytest.raises(AssertionError, match=said):
        assert_same_rows(ROWS, actual, ("id",))
