"""What of personal data is known from a contract file as it is written, without compiling all contracts."""

from __future__ import annotations

from pathlib import Path

import yaml

from shared.landed_columns import RESCUED
from shared.names import Layer, TableName

# The classes of data that do not leave the place of personal data as they are.
CLOSED = ("confidential", "restricted")
STRICTEST_CLASS = CLOSED[-1]
# What stands in place of a value in copies that people look at.
MASKED = "***"

CONTRACTS = Path(__file__).parent / "contracts"
# The parser in C is ten times as quick; a platform may lack it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def closed_columns(contracts: Path = CONTRACTS) -> dict[TableName, tuple[str, ...]]:
    """The tables that lie in the place of personal data, and their columns that nobody is shown.

    Whoever only looks at a lake asks here: to compile all contracts would take longer than most answers.

    Args:
        contracts: The folder with a folder per layer. Files that are no contracts are passed over.
    """
    found = {}
    for file in sorted((contracts / Layer.BRONZE).glob("*.odcs.yaml")):
        content = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - both loaders are the safe one
        columns = [p["name"] for p in content["schema"][0]["properties"] if p.get("classification") in CLOSED]
        if columns:
            found[TableName(Layer.BRONZE, content["name"])] = (*columns, RESCUED)
    return found
