"""Who sees what is derived from the contracts, and the environment must have the roles they name."""

import pytest

from shared.contracts import Catalog, load_catalog
from shared.errors import UnknownNameError
from shared.governance.access import Classification, lake_access
from shared.names import Layer

TABLE = "gold.daily_revenue"


def test_an_unknown_role_is_refused_with_what_to_do():
    catalog = Catalog({TABLE: load_catalog().tables[TABLE]})
    databases = {layer: layer.value for layer in Layer}

    with pytest.raises(UnknownNameError) as refused:
        lake_access(catalog, clearances={"guest": Classification.PUBLIC}, tag_prefix="", databases=databases)

    assert (
        "unknown role of gold.daily_revenue, in daily_revenue.odcs.yaml; given: 'analyst'; expected: one of guest; "
        "to fix: add it under governance.roles of the environment's file, or take it off the contract"
    ) == str(refused.value)
