"""Compiles how much of a bronze table is compared with its source, and which differences warn or fail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.contracts.duration import DAY, seconds

if TYPE_CHECKING:
    from shared.contracts.document import Document

WINDOW, YELLOW, RED = "reconcileWindow", "reconcileYellow", "reconcileRed"
RECONCILING = {WINDOW, YELLOW, RED}
SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,9})?) ?%")
WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class Reconciling:
    """How a bronze table is compared with its source.

    Attributes:
        window_seconds: How far back a source with a cursor of time is compared, from the newest settled rows; None is
            to its beginning.
        yellow: The share of a figure above which a difference is a warning.
        red: The share above which it is a failure.
    """

    window_seconds: int | None = 31 * DAY
    yellow: Decimal = Decimal(0)
    red: Decimal = Decimal("0.001")


def compile_reconciling(document: Document, custom: dict[str, Any]) -> Reconciling:
    """Compile the window and the thresholds of a bronze contract.

    Raises:
        ContractError: one of them cannot be read, or red is below yellow.
    """
    usual = Reconciling()
    window = usual.window_seconds
    if custom.get(WINDOW) is not None:
        window = None if custom[WINDOW] == WHOLE else seconds(document, custom, WINDOW)
    yellow, red = _share(document, custom, YELLOW, usual.yellow), _share(document, custom, RED, usual.red)
    if red < yellow:
        raise document.error(
            "a difference would be a failure before it is a warning",
            document.at_custom(RED if RED in custom else YELLOW),
            given=f"{YELLOW} {yellow:%}, {RED} {red:%}",
            expected=f"{RED} at least {YELLOW}",
        )
    return Reconciling(window_seconds=window, yellow=yellow, red=red)


def _share(document: Document, custom: dict[str, Any], key: str, usual: Decimal) -> Decimal:
    if custom.get(key) is None:
        return usual
    found = SHARE.fullmatch(str(custom[key]))
    if not found:
        raise document.error(
            f"{key} is no share", document.at_custom(key), given=str(custom[key]), expected="a percentage such as 0.1%"
        )
    return Decimal(found[1]) / 100
