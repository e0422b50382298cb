"""Files of what no sample tells, as they lie in the landing place."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from scripts.sources.deliveries import FILE_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def made_up_file(
    table: str, delivery: int, columns: Sequence[str], rows: Iterable[Mapping[str, str]]
) -> tuple[str, bytes]:
    """Name and content of the file that a made-up table has on the day of a delivery."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return f"synthetic/{table}/{FILE_DAYS[delivery]}.csv", text.getvalue().encode()
