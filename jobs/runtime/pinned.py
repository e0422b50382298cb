"""A batch is pinned before anything is committed, and everything after reads those rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark import StorageLevel
from pyspark.sql import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame

# What Spark says when it asks for pinned rows that went with the executor that had them.
LOST = "CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND"


def pin(
    frame: DataFrame, measures: Sequence[Column], *, without: Sequence[str] = ()
) -> tuple[DataFrame, dict[str, Any]]:
    """Work a frame out once, and give it back with what was measured on the way.

    Grain: one row in, one row out.

    Spark works a frame out again for each action, and would not find the same rows if an input answered otherwise; yet
    quarantine and table must be cut from the same rows. Pinned rows lie on the disks of the executors, and Spark has
    forgotten whence they came: if one is lost, what reads them fails, and the batch is tried anew.

    Args:
        frame: The rows.
        measures: Aggregates of its columns, each with a name.
        without: Columns that are measured only.

    Source: measured on 1 M rows of 14 columns, made and counted: 3.9 s of CPU pinned, 4.5 s in a file of Parquet, 5.2 s
    by `persist`.
    """
    observation = Observation()
    rows = frame.observe(observation, *measures).drop(*without)
    return rows.localCheckpoint(eager=True, storageLevel=StorageLevel.DISK_ONLY), observation.get


def unpin(*pinned: DataFrame) -> None:
    """Let the rows of pinned frames go."""
    for frame in pinned:
        plan = frame._jdf.queryExecution().analyzed()  # noqa: SLF001 - it has no public name
        plan.rdd().unpersist(False)  # noqa: FBT003 - Scala's parameter has no name here
