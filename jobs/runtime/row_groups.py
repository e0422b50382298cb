"""Arrow batches put together, as many as one process may hold at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def row_groups(batches: Iterable[pa.RecordBatch], *, rows: int, size: int) -> Iterator[pa.Table]:
    """Batches in their order, in groups that each end with the batch that brings so many rows or so many bytes.

    Batches without rows are passed over; there is no group without any.
    """
    group: list[pa.RecordBatch] = []
    held = held_bytes = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        group.append(batch)
        held, held_bytes = held + batch.num_rows, held_bytes + batch.nbytes
        if held >= rows or held_bytes >= size:
            yield pa.Table.from_batches(group)
            group, held, held_bytes = [], 0, 0
    if group:
        yield pa.Table.from_batches(group)
