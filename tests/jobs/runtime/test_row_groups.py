"""Batches become groups that end where there are rows or bytes enough, and no row is lost or alone of its own."""

import pyarrow as pa
import pytest

from jobs.runtime.row_groups import row_groups


@pytest.mark.parametrize(
    "sizes, rows, size, groups",
    [
        pytest.param([], 2, 800, [], id="nothing"),
        pytest.param([0, 0], 2, 800, [], id="no rows"),
        pytest.param([1, 1, 1], 2, 800, [2, 1], id="rows enough, and a rest"),
        pytest.param([1, 0, 3, 0], 2, 800, [4], id="batches without rows among others"),
        pytest.param([1, 1, 1, 1], 100, 16, [2, 2], id="bytes enough, and no rest"),
        pytest.param([5, 1, 1], 2, 800, [5, 2], id="one batch is more than enough"),
    ],
)
def test_batches_are_put_together_until_there_are_rows_or_bytes_enough(sizes, rows, size, groups):
    numbers = iter(range(100))
    column = [pa.array([next(numbers) for _ in range(n)], pa.int64()) for n in sizes]
    batches = [pa.record_batch({"n": values}) for values in column]
    found = list(row_groups(iter(batches), rows=rows, size=size))
    assert groups == [group.num_rows for group in found]
    assert list(range(sum(sizes))) == [n for group in found for n in group.column("n").to_pylist()]
