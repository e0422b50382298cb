"""A bronze contract says how much of it is compared with its source, which changes none of its rows."""

from decimal import Decimal

import pytest

from shared.contracts import load_catalog
from shared.contracts.duration import DAY
from shared.contracts.reconciling import Reconciling
from tests.support.small_contracts import contract

COLUMNS = "      - {name: id, logicalType: string, physicalType: string, primaryKey: true, description: Id.}\n"


@pytest.fixture
def compiled(tmp_path):
    def table(**custom):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "bronze").mkdir(parents=True)
        text = contract("bronze.shop__things", COLUMNS, {"writeDisposition": "append", **custom})
        (folder / "bronze" / "shop__things.odcs.yaml").write_text(text)
        return load_catalog(folder).table("bronze.shop__things")

    return table


def test_window_and_thresholds_are_the_contracts_or_the_defaults(compiled):
    own = compiled(reconcileWindow="2 days", reconcileYellow="0.01%", reconcileRed="5 %")
    whole = compiled(reconcileWindow="all")

    assert (
        Reconciling(window_seconds=31 * DAY, yellow=Decimal(0), red=Decimal("0.001")) == compiled().source.reconciling
    )
    assert Reconciling(window_seconds=2 * DAY, yellow=Decimal("0.0001"), red=Decimal("0.05")) == own.source.reconciling
    assert whole.source.reconciling.window_seconds is None
    assert compiled().fingerprint == own.fingerprint == whole.fingerprint
