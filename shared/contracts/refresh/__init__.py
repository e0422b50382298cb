"""How a built table follows its inputs: which groups of its rows a changed row can affect, proven from the SELECT."""

from shared.contracts.refresh.qualified import short_names, view_of
from shared.contracts.refresh.rule import RefreshRule, derive_refresh_rule
from shared.contracts.refresh.unique import has_unique_key

__all__ = ["RefreshRule", "derive_refresh_rule", "has_unique_key", "short_names", "view_of"]
