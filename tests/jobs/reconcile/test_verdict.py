"""Which differences are a warning and which a failure."""

from decimal import Decimal

import pytest

from jobs.ingest.source_figures import Figures
from jobs.reconcile.verdict import judged, measures_of, row_difference
from shared.contracts.reconciling import Reconciling
from shared.reconciliation import Comparison, Verdict

LIMITS = Reconciling(yellow=Decimal(0), red=Decimal("0.001"))
HELD = Figures(rows=1000, keys=7, sums={"amount": Decimal("1000.00"), "none": None})


def compared(left, right=HELD, limits=LIMITS, **facts):
    comparison = Comparison(
        left="shop", right="bronze.x", span="whole", measures=measures_of(left, right), verdict=Verdict.GREEN
    )
    return judged(comparison, limits, **facts)


def figures(rows=1000, keys=7, amount="1000", none=None):
    return Figures(rows=rows, keys=keys, sums={"amount": None if amount is None else Decimal(amount), "none": none})


@pytest.mark.parametrize(
    "left, verdict",
    [
        pytest.param(figures(), Verdict.GREEN, id="the same, with other zeros"),
        pytest.param(figures(rows=1001), Verdict.YELLOW, id="a row of a thousand and one"),
        pytest.param(figures(rows=1002), Verdict.RED, id="two rows"),
        pytest.param(figures(keys=8), Verdict.YELLOW, id="as many rows, other keys: at least one row of a thousand"),
        pytest.param(figures(amount="999.9999"), Verdict.YELLOW, id="a sum, by its last digit"),
        pytest.param(figures(amount="-1000"), Verdict.RED, id="a sum of another sign"),
        pytest.param(figures(amount=None), Verdict.RED, id="a sum of nothing"),
        pytest.param(figures(none=Decimal(0)), Verdict.RED, id="nulls that became zero"),
        pytest.param(Figures(rows=1000, sums=HELD.sums), Verdict.GREEN, id="a source without a checksum of keys"),
        pytest.param(figures(rows=0, keys=0, amount=None), Verdict.RED, id="an empty source"),
    ],
)
def test_difference_is_a_warning_or_a_failure_by_its_share(left, verdict):
    assert verdict == compared(left).verdict


def test_sums_are_compared_to_the_last_of_38_digits():
    wide = "9" * 34 + ".9999"
    other = "9" * 34 + ".9998"
    [difference] = compared(figures(amount=wide), figures(amount=other)).differing

    assert (wide, other) == (difference.left, difference.right)


def test_limits_are_the_contracts():
    loose = Reconciling(yellow=Decimal("0.01"), red=Decimal("0.1"))

    assert [Verdict.GREEN, Verdict.YELLOW, Verdict.RED] == [
        compared(figures(rows=rows), limits=loose).verdict for rows in (1005, 1050, 1200)
    ]


def test_rows_that_are_explained_are_a_warning_at_most():
    comparison = compared(figures(rows=1500), explained="500 rows lie in its quarantine")

    assert (Verdict.YELLOW, "500 rows lie in its quarantine") == (comparison.verdict, comparison.reason)
    assert "" == compared(figures(), explained="nothing to explain").reason


@pytest.mark.parametrize(
    "left, refused, verdict",
    [
        pytest.param("1040", {"amount": Decimal(40)}, Verdict.YELLOW, id="as much as was refused"),
        pytest.param("1040", {"amount": Decimal(5)}, Verdict.RED, id="more than was refused"),
        pytest.param("1040", {}, Verdict.RED, id="the refused rows have no value"),
        pytest.param("-2000", {"amount": Decimal(5)}, Verdict.RED, id="less"),
        pytest.param("2000", {"amount": None}, Verdict.YELLOW, id="the refused value cannot be read"),
        pytest.param("2000", None, Verdict.YELLOW, id="the missing rows were deleted, so their values are unknown"),
    ],
)
def test_an_explained_row_accounts_for_no_more_of_a_sum_than_its_value(left, refused, verdict):
    facts = {"explained": "1 rows lie in its quarantine", "refused": refused}
    assert verdict == compared(figures(rows=1001, amount=left), **facts).verdict


def test_text_names_both_sides_of_what_differs_and_nothing_else():
    comparison = compared(figures(rows=1002))

    assert "shop and bronze.x, whole: rows 1002 in shop, 1000 in bronze.x" == str(comparison)
    assert 2 == row_difference(comparison)
