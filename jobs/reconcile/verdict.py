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
    """The figures of both sides, side by side; the checksum only where both have one."""
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
    """The same comparison with its verdict.

    Args:
        comparison: Two sides; its verdict does not matter.
        limits: From which share of a figure on a difference is a warning, and a failure.
        explained: Why rows may be missing on the right without being lost. Their number and the checksum are a warning
            at most then, and so is a sum as far as they may have made the difference.
        refused: What those rows come to, by column, whatever their signs; None where that is not known, of a column or
            of all.
    """
    shares = [_share(m, comparison.rows) for m in comparison.measures]
    found = zip(comparison.measures, shares, strict=True)
    beyond = [m for m, share in found if share > limits.red]
    verdict = Verdict.GREEN
    if any(share > limits.yellow for share in shares):
        verdict = Verdict.YELLOW
    if any(not explained or _unexplained(m, refused) > limits.red for m in beyond):
        verdict = Verdict.RED
    return comparison.model_copy(update={"verdict": verdict, "reason": explained if any(shares) else ""})


def rows_apart(comparison: Comparison) -> int:
    """How many rows at least are amiss in a comparison that shows a difference."""
    return max(abs(int(comparison.rows.left or 0) - int(comparison.rows.right or 0)), 1)


def _unexplained(measure: Measure, refused: Mapping[str, Decimal | None] | None) -> Decimal:
    """The share of a figure that rows which are missing for a good reason do not explain.

    Of rows that went for their age or with a person nobody knows what they came to.
    """
    away = refused.get(measure.name.removeprefix(SUM), Decimal(0)) if refused is not None else None
    if not measure.name.startswith(SUM) or away is None:
        return Decimal(0)
    left, right = Decimal(measure.left or 0), Decimal(measure.right or 0)
    return (abs(left - right) - away) / (max(abs(left), abs(right)) or 1)


def _measure(name: str, left: int | Decimal | None, right: int | Decimal | None) -> Measure:
    return Measure(name=name, left=_text(left), right=_text(right))


def _text(value: int | Decimal | None) -> str | None:
    """One text for equal numbers, however many zeros stand behind the point."""
    if value is None:
        return None
    whole, point, digits = f"{value:f}".partition(".")
    digits = digits.rstrip("0")
    return whole + point + digits if digits else whole


def _share(measure: Measure, rows: Measure) -> Decimal:
    """How much of a figure the difference is; of a checksum that differs, one row of all."""
    if measure.left == measure.right:
        return Decimal(0)
    if measure.left is None or measure.right is None:
        return Decimal(1)
    if measure.name == KEYS:
        return 1 / max(Decimal(rows.left or 1), Decimal(1))
    left, right = Decimal(measure.left), Decimal(measure.right)
    return min(abs(left - right) / max(abs(left), abs(right)), Decimal(1))
