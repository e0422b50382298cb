"""Batch sizes: how many rows a worker holds in memory while it reads a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROWS_PER_BATCH = 10_000
CHARACTERS_PER_BATCH = 8 * 1024 * 1024

Row = TypeVar("Row")


def in_batches(sized: Iterable[tuple[Row, int]]) -> Iterator[list[Row]]:
    """Group rows into batches, which end at a number of rows or of characters; none is empty.

    Args:
        sized: Each row, and the number of characters it was read from.
    """
    batch: list[Row] = []
    characters = 0
    for row, size in sized:
        batch.append(row)
        characters += size
        if len(batch) >= ROWS_PER_BATCH or characters >= CHARACTERS_PER_BATCH:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def rows_of_a_batch(count: int, size: int) -> int:
    """The number of rows per batch of a file that has `count` rows in `size` bytes."""
    return max(1, min(ROWS_PER_BATCH, CHARACTERS_PER_BATCH * count // max(1, size)))
