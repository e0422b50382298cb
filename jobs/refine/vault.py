"""The vault of a table: stores what its tokens stand for before the batch that shows them commits.

It is a companion of the table, in the place of personal data. So a token is never in a table without its row here. If a
run dies between the two commits, the next one decides the batch again, and the same value has the same token again, as
long as the key is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs.runtime.companion import Companion, commit_before, rows_before
from jobs.runtime.layout import clustered_by
from jobs.runtime.retention import day_of_ages
from jobs.runtime.tables import spark_type
from shared.contracts.vault import BATCH, COLUMNS
from shared.landed_columns import RUN_ID
from shared.vault import TOKEN, VALUE, VAULT, vault_location

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.runtime.flow import Flow


def keep_tokens(flow: Flow, clear: DataFrame | None, showing: DataFrame | None) -> None:
    """Commit the values of the tokens that a batch is about to show and that the vault does not have yet.

    Grain: one row per token; tokens of older versions of the key stay. Where rows are deleted by age, upkeep deletes
    the tokens that no row has any more. If the contract has no tokens any more and the table is rebuilt, all go.

    Args:
        flow: The table's flow.
        clear: The batch's tokens with their clear values; None for a table without tokens.
        showing: The rows that bring tokens to the table or its events; None if there are none.
    """
    companion = _companion(flow)
    if clear is None:
        if flow.is_rebuilt and (kept := rows_before(flow, companion)) is not None:
            commit_before(flow, companion, None, released=kept.select(BATCH).distinct())
        return
    new = None if showing is None else _new(flow, companion, clear, showing).persist()
    try:
        commit_before(flow, companion, None if new is None or new.isEmpty() else new)
    finally:
        if new is not None:
            new.unpersist()


def _new(flow: Flow, companion: Companion, clear: DataFrame, showing: DataFrame) -> DataFrame:
    tokens = showing.select(F.explode(F.array(*[c.name for c in flow.table.tokenized])).alias(TOKEN)).distinct()
    new = clear.join(tokens, on=TOKEN, how="left_semi")
    known = rows_before(flow, companion)
    if known is not None:
        new = new.join(known.select(TOKEN), on=TOKEN, how="left_anti")
    facts = {
        BATCH: F.lit(flow.batch.sequence).cast("bigint"),
        "tokenized_on": F.lit(day_of_ages(flow.job)),
        RUN_ID: F.lit(flow.job.run_id),
    }
    return new.withColumns(facts).select(*companion.schema.fieldNames())


def _companion(flow: Flow) -> Companion:
    schema = T.StructType(
        [
            T.StructField(c.name, spark_type(c.type), nullable=not c.required, metadata={"comment": c.description})
            for c in COLUMNS
        ]
    )
    location = vault_location(flow.job.pii_root, flow.table.name)
    return Companion(
        what="vault",
        location=location,
        schema=schema,
        cluster_by=clustered_by(flow.table, VAULT),
        closed=(VALUE,),
        outlives=True,
    )
