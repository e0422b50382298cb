"""How a table's rows are distributed over its files, so that a reader of few rows opens few files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.vault import TOKEN, VAULT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

# Delta skips whole files, and clusters only in an OPTIMIZE; without ranges every file may have rows of every key.
ROWS_PER_FILE = 500_000


def laid_out(rows: DataFrame, cluster_by: tuple[str, ...], count: int) -> DataFrame:
    """The rows, split by ranges of the columns that their table is clustered by, if there are too many for one file.

    Grain: one row in, one row out.

    Args:
        rows: Pinned rows, since they are read once more to find the ranges.
        cluster_by: The columns that the table is clustered by.
        count: The number of rows.
    """
    files = -(-count // ROWS_PER_FILE)
    if files <= 1 or not cluster_by:
        return rows
    return rows.repartitionByRange(files, *cluster_by).sortWithinPartitions(*cluster_by)


def clustered_by(table: Table, what: str) -> tuple[str, ...]:
    """The columns that a companion of a table is clustered by; `what` it holds as `shared.places.companions` has it."""
    key = table.primary_key[:1]
    return {"tombstones": key, "events": key, VAULT: (TOKEN,)}.get(what, ())


def keep_clustered(session: SparkSession, location: str, cluster_by: tuple[str, ...]) -> None:
    """Set the columns by which the next OPTIMIZE clusters a table; commit nothing if they are set already.

    Delta 4.2 forgets them whenever all rows of a table are replaced, even if the writer names them.
    """
    [detail] = session.sql(f"DESCRIBE DETAIL delta.`{location}`").select("clusteringColumns").collect()
    if tuple(detail["clusteringColumns"]) != cluster_by:
        wanted = ", ".join(f"`{name}`" for name in cluster_by)
        session.sql(f"ALTER TABLE delta.`{location}` CLUSTER BY {f'({wanted})' if cluster_by else 'NONE'}")
