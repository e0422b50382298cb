"""How a built table follows its inputs: which groups of its rows a changed row can touch, proven from the SELECT."""

from shared.contracts.refresh.keeping import Keeping, keeping
from shared.contracts.refresh.qualified import view_of

__all__ = ["Keeping", "keeping", "view_of"]
