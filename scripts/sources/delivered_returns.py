"""Returned goods, generated from the sample's order lines by a rule, since the sample's shop has no returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scripts.sources.delivered_files import sample_lines, sample_orders, written
from scripts.sources.deliveries import FILE_DAYS, ORDERS_UPTO, RETURNS, How, oddities

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "synthetic/order_returns"
COLUMNS = ("return_id", "order_id", "line_id", "quantity", "reason", "returned_at")
# One in so many lines is returned, some in two parts, from one day to `DAYS` days after it was shipped.
STEP = 29
DAYS = 21
REASONS = ("damaged", "wrong_item", "not_wanted", "late")

Return = dict[str, str]


def returns_files(delivery: int) -> Iterator[tuple[str, bytes]]:
    """The files for the landing place, one per day up to a delivery."""
    found = _returns()
    yield f"{FOLDER}/{FILE_DAYS[1]}.csv", written([r for r in found if r["returned_at"] <= ORDERS_UPTO]).encode()
    if delivery > 1:
        late = [r for r in found if r["returned_at"] > ORDERS_UPTO]
        yield f"{FOLDER}/{FILE_DAYS[2]}.csv", written([*late, *_odd(found)]).encode()


def _returns() -> list[Return]:
    """Returns of half of a line, and for every other line the rest a week later; single pieces are returned whole."""
    shipped = {order["salesorderid"]: order["shipdate"] for order in sample_orders()}
    lines = [line for line in sample_lines() if line["salesorderid"] in shipped]
    found = []
    for number, line in enumerate(lines[::STEP]):
        at = datetime.fromisoformat(shipped[line["salesorderid"]]) + timedelta(days=1 + number % DAYS)
        sold, reason = int(line["orderqty"]), REASONS[number % len(REASONS)]
        some = (sold + 1) // 2
        found.append(_return(line, 1, some, reason, at))
        if sold > some and number % 2:
            found.append(_return(line, 2, sold - some, reason, at + timedelta(days=7)))
    return found


def _return(line: dict[str, str], part: int, quantity: int, reason: str, at: datetime) -> Return:
    number = line["salesorderdetailid"]
    cells = (f"R{number}-{part}", line["salesorderid"], number, str(quantity), reason, f"{at:%Y-%m-%d %H:%M:%S}")
    return dict(zip(COLUMNS, cells, strict=True))


def _odd(found: list[Return]) -> Iterator[Return]:
    known = {r["return_id"]: r for r in found}
    for oddity in oddities(RETURNS, *How):
        yield known[oddity.row] | oddity.cells
