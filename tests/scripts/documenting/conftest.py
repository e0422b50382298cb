"""The shop's contracts and its lake, as in the tests of read-only views."""

from tests.scripts.looking.conftest import catalog, lake

__all__ = ["catalog", "lake"]
