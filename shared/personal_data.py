"""What contract files say about personal data, read without compiling the contracts."""

from __future__ import annotations

from pathlib import Path

import yaml

from shared.landed_columns import RESCUED
from shared.names import Layer, TableName

# The classifications whose values leave the place of personal data only once they are treated.
CLOSED = ("confidential", "restricted")
STRICTEST_CLASS = CLOSED[-1]
# Takes the place of a value in copies that people look at.
MASKED = "***"

CONTRACTS = Path(__file__).parent / "contracts"
# The parser in C is ten times as quick; a platform may lack it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def closed_columns(contracts: Path = CONTRACTS) -> dict[TableName, tuple[str, ...]]:
    """The tables in the place of personal data, each with the columns that nobody is shown.

    For commands that only look at a lake: compiling all contracts would take longer than most of their answers.

    Args:
        contracts: The folder with a folder per layer. Files that are no contracts are ignored.
    """
    found = {}
    for file in sorted((contracts / Layer.BRONZE).glob("*.odcs.yaml")):
        content = yaml.load(file.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - both loaders are the safe one
        columns = [p["name"] for p in content["schema"][0]["properties"] if p.get("classification") in CLOSED]
        if columns:
            found[TableName(Layer.BRONZE, content["name"])] = (*columns, RESCUED)
    return found
