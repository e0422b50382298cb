"""What a difference means: nothing, a warning, or a failure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from shared.reconciliation import ROWS, Comparison, Measure, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.ingest.source_figures import Figures
    from shared.contracts.reconciling import Reconciling

KEYS, SUM = "checksum of keys", "sum of "


def measures_of(left: Figures, right: Figures) -> tuple[Measure, ...]:
    """Pair the figures of both sides; the checksum only if both sides have one."""
    measures = [_measure(ROWS, left.rows, right.rows)]
    if left.keys is not None and right.keys is not None:
        measures.append(_measure(KEYS, left.keys, right.keys))
    return (*measures, *(_measure(f"{SUM}{name}", left.sums[name], right.sums[name]) for name in left.sums))


def judged(
    comparison: Comparison,
    limits: Reconciling,
    *,
    explained: str = "",
    refused: Mapping[str, Decimal | None] | None = None,
) -> Comparison:
    """Return the comparison with its verdict, and with the reason if it has a difference.

    Args:
        comparison: The comparison to judge; its own verdict is ignored.
        limits: The shares of a figure above which a difference is a warning or a failure.
        explained: Why rows may be missing on the right without being lost; empty if nothing explains it. Otherwise a
            difference in the number of rows or the checksum is a warning at most, and so is one in a sum, as far as the
            missing rows can account for it.
        refused: The sum of those rows' absolute values, by column; None, for a column or as a whole, if it is unknown.
    """
    shares = [_share(m, comparison.rows) for m in comparison.measures]
    beyond = [m for m, share in zip(comparison.measures, shares, strict=True) if share > limits.red]
    verdict = Verdict.GREEN
    if any(share > limits.yellow for share in shares):
        verdict = Verdict.YELLOW
    if any(not explained or _unexplained(m, refused) > limits.red for m in beyond):
        verdict = Verdict.RED
    return comparison.model_copy(update={"verdict": verdict, "reason": explained if any(shares) else ""})


def row_difference(comparison: Comparison) -> int:
    """By how many rows the sides of a differing comparison differ; at least 1, even if their numbers are equal."""
    return max(abs(int(comparison.rows.left or 0) - int(comparison.rows.right or 0)), 1)


def _unexplained(measure: Measure, refused: Mapping[str, Decimal | None] | None) -> Decimal:
    """How far a figure differs beyond what rows missing for a good reason account for, as a share of the figure.

    It is 0 for a figure that is no sum, and where the sum of those rows is unknown, as for rows that were deleted for
    their age or with an erased person.
    """
    accounted = refused.get(measure.name.removeprefix(SUM), Decimal(0)) if refused is not None else None
    if not measure.name.startswith(SUM) or accounted is None:
        return Decimal(0)
    left, right = Decimal(measure.left or 0), Decimal(measure.right or 0)
    return (abs(left - right) - accounted) / (max(abs(left), abs(right)) or 1)


def _measure(name: str, left: int | Decimal | None, right: int | Decimal | None) -> Measure:
    return Measure(name=name, left=_text(left), right=_text(right))


def _text(value: int | Decimal | None) -> str | None:
    """A number as text without trailing zeros, so that equal numbers have equal texts."""
    if value is None:
        return None
    whole, point, digits = f"{value:f}".partition(".")
    digits = digits.rstrip("0")
    return whole + point + digits if digits else whole


def _share(measure: Measure, rows: Measure) -> Decimal:
    """The share of a figure that differs, 1 at most; for a checksum, whose size says nothing, that of one row."""
    if measure.left == measure.right:
        return Decimal(0)
    if measure.left is None or measure.right is None:
        return Decimal(1)
    if measure.name == KEYS:
        return 1 / max(Decimal(rows.left or 1), Decimal(1))
    left, right = Decimal(measure.left), Decimal(measure.right)
    return min(abs(left - right) / max(abs(left), abs(right)), Decimal(1))
