"""A table that went back names the tables that have rows of it which it has no more."""

import pytest

from jobs.maintain.left_behind import naming_left_behind
from jobs.maintain.rollback import NO_ROWS
from shared.jobs import Status, Step, TableOutcome
from tests.support.hand_made_lake import write_contracts
from tests.support.small_contracts import FILES

BRONZE, SILVER = "bronze.shop__orders", "silver.orders"
BACK = "back at version 2, as r2 left it"
LEFT = f"{BACK}; rows that were taken from it since are still in silver.orders"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return write_contracts(tmp_path_factory.mktemp("contracts"), FILES)


def outcome(table, status, reason=""):
    return TableOutcome(table=table, step=Step.MAINTAIN, status=status, reason=reason)


@pytest.mark.parametrize(
    "reader, told",
    [
        pytest.param([], LEFT, id="not selected"),
        pytest.param([outcome(SILVER, Status.FAILED)], LEFT, id="refused"),
        pytest.param([outcome(SILVER, Status.UNCHANGED, NO_ROWS)], LEFT, id="without rows then"),
        pytest.param([outcome(SILVER, Status.UNCHANGED)], BACK, id="as it was then"),
        pytest.param([outcome(SILVER, Status.SUCCEEDED, BACK)], BACK, id="back"),
    ],
)
def test_refined_table_that_did_not_go_back_is_named(catalog, reader, told):
    first, *others = naming_left_behind([outcome(BRONZE, Status.SUCCEEDED, BACK), *reader], catalog)

    assert (outcome(BRONZE, Status.SUCCEEDED, told), reader) == (first, others)


@pytest.mark.parametrize(
    "went",
    [
        pytest.param(outcome(SILVER, Status.SUCCEEDED, BACK), id="a built table is made anew"),
        pytest.param(outcome("bronze.shop__stock", Status.SUCCEEDED, BACK), id="so is a snapshot"),
        pytest.param(outcome(BRONZE, Status.UNCHANGED), id="nothing was taken out"),
        pytest.param(outcome(BRONZE, Status.FAILED), id="it did not go back itself"),
    ],
)
def test_other_outcomes_stay_as_they_are(catalog, went):
    assert [went] == naming_left_behind([went], catalog)
