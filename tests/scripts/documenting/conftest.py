"""The shop's contracts and its lake, as those who look at lakes have them."""

from tests.scripts.looking.conftest import catalog, lake

__all__ = ["catalog", "lake"]
