"""A row of a source as JSON, for the quarantine and for rescued columns."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def row_text(row: Mapping[str, object]) -> str:
    """The values of a row as JSON; values that JSON does not have become texts, NaN and the infinities as in Spark.

    Python would write NaN bare, which is no JSON, and whoever parses the text would get no row at all.
    """
    return json.dumps(_finite(row), default=str, ensure_ascii=False, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, list | tuple) else value
