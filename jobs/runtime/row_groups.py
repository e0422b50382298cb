"""Puts Arrow batches together to groups of a size that one process can hold at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def row_groups(batches: Iterable[pa.RecordBatch], *, rows: int, size: int) -> Iterator[pa.Table]:
    """Group batches in their order; a group ends with the batch by which it reaches `rows` rows or `size` bytes.

    Batches without rows are skipped; there are no empty groups.
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
