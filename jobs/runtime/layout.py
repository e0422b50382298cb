"""How the rows of a large write are laid out in files, so that a reader of a few of them opens few."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Delta skips whole files, and clusters by itself only in an OPTIMIZE; without ranges every file may hold every key.
ROWS_PER_FILE = 500_000


def laid_out(rows: DataFrame, cluster_by: tuple[str, ...], count: int) -> DataFrame:
    """The rows, split by ranges of what their table is clustered by if they are more than a file takes.

    Grain: one row in, one row out.

    Args:
        rows: Pinned rows: their ranges are found by reading them once more.
        cluster_by: The columns that the table is clustered by.
        count: How many rows they are.
    """
    files = -(-count // ROWS_PER_FILE)
    if files <= 1 or not cluster_by:
        return rows
    return rows.repartitionByRange(files, *cluster_by).sortWithinPartitions(*cluster_by)
