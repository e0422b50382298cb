"""How a built table follows its inputs: which groups of its rows a changed row can touch, proven from the SELECT."""

from shared.contracts.refresh.keeping import Keeping, keeping
from shared.contracts.refresh.qualified import view_of
from shared.contracts.refresh.unique import has_unique_key

__all__ = ["Keeping", "has_unique_key", "keeping", "view_of"]
