"""The hand-made lake of a shop; tests that change a lake create their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.looking.lake import Lake, open_lake
from tests.support.hand_made_lake import make_shop, write_contracts

if TYPE_CHECKING:
    from shared.contracts import Catalog


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The contracts of the shop."""
    return write_contracts(tmp_path_factory.mktemp("contracts"))


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Lake:
    """The lake of the shop, in a folder whose name needs escaping."""
    root = tmp_path_factory.mktemp("lake") / "it's a lake, é+"
    make_shop(root, catalog)
    return open_lake(str(root))
