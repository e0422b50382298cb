"""Reads the `mustBe…` of a quality rule as one interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from shared.errors import ContractError

if TYPE_CHECKING:
    from shared.contracts.odcs import Quality

Bounds = tuple[float | None, float | None, bool]


def bounds(quality: Quality, place: str) -> Bounds:
    """The bounds of the closed interval in which a measured number must lie, or outside of which if the third is True.

    A bound of None is open.

    Raises:
        ContractError: there is not exactly one `mustBe…`, or its interval is empty.
    """
    given = list(_given(quality))
    if len(given) != 1:
        raise ContractError(
            f"{place}: rule {quality.name} needs exactly one mustBe…", given=str(len(given)), expected="1"
        )
    low, high, _ = given[0]
    if low is not None and high is not None and low > high:
        raise ContractError(f"{place}: rule {quality.name} can never hold", given=f"between {low:g} and {high:g}")
    return given[0]


def allows_none(low: float | None, high: float | None, *, negated: bool) -> bool:
    """Whether the measured number must be zero, so that no bad row is allowed."""
    return low == 0 and high == 0 and not negated


def _given(quality: Quality) -> list[Bounds]:
    found: list[Bounds] = []
    if quality.mustBe is not None:
        found.append((quality.mustBe, quality.mustBe, False))
    if quality.mustNotBe is not None:
        found.append((quality.mustNotBe, quality.mustNotBe, True))
    if quality.mustBeGreaterThan is not None:
        found.append((math.nextafter(quality.mustBeGreaterThan, math.inf), None, False))
    if quality.mustBeGreaterOrEqualTo is not None:
        found.append((quality.mustBeGreaterOrEqualTo, None, False))
    if quality.mustBeLessThan is not None:
        found.append((None, math.nextafter(quality.mustBeLessThan, -math.inf), False))
    if quality.mustBeLessOrEqualTo is not None:
        found.append((None, quality.mustBeLessOrEqualTo, False))
    if quality.mustBeBetween is not None:
        found.append((*quality.mustBeBetween, False))
    if quality.mustNotBeBetween is not None:
        found.append((*quality.mustNotBeBetween, True))
    return found
