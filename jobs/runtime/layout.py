"""How the rows of a table lie in its files, so that a reader of a few of them opens few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.vault import TOKEN, VAULT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts import Table

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


def clustered_by(table: Table, what: str) -> tuple[str, ...]:
    """The columns that a companion of a table is clustered by; `what` it holds as `shared.places.companions` says."""
    key = table.primary_key[:1]
    return {"tombstones": key, "events": key, VAULT: (TOKEN,)}.get(what, ())


def keep_clustered(session: SparkSession, location: str, cluster_by: tuple[str, ...]) -> None:
    """Let the next OPTIMIZE cluster a table by some columns, whatever it was clustered by.

    Nothing is committed where the table says the right thing already.

    Delta 4.2 forgets what a table is clustered by whenever all its rows are replaced, also where the writer says it.
    """
    [told] = session.sql(f"DESCRIBE DETAIL delta.`{location}`").select("clusteringColumns").collect()
    if tuple(told["clusteringColumns"]) != cluster_by:
        wanted = ", ".join(f"`{name}`" for name in cluster_by)
        session.sql(f"ALTER TABLE delta.`{location}` CLUSTER BY {f'({wanted})' if cluster_by else 'NONE'}")
