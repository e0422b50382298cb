"""Schema drift: what happens to source columns that the contract does not know, by its `schemaContract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.ingest.reading import RAW, REASONS
from jobs.runtime.json_columns import as_json
from shared.contracts import SchemaContract
from shared.errors import SchemaDriftError
from shared.landed_columns import RESCUED

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from shared.contracts import Table

UNKNOWN = "unknown column"


def unknown_columns(staged: DataFrame, table: Table) -> dict[str, int]:
    """Count the rows of a staged batch per column that the contract does not know, as the commit's warnings.

    Raises:
        SchemaDriftError: there are such columns, and `schemaContract` is `freeze`.
    """
    names = staged.select(F.explode(F.json_object_keys(RESCUED)).alias("name"))
    counted = {row["name"]: row["count"] for row in names.groupBy("name").count().collect()}
    if counted and _schema_contract(table) is SchemaContract.FREEZE:
        raise SchemaDriftError(
            f"{table.name}: the source has columns that the contract does not know, and schemaContract is freeze",
            given=", ".join(sorted(counted)),
            expected=", ".join(table.column_names),
            mend="add the columns to the contract, or let schemaContract be evolve, discardValue or quarantineRow",
        )
    return {f"{UNKNOWN} {name}": counted[name] for name in sorted(counted)}


def apply_schema_contract(staged: DataFrame, table: Table) -> DataFrame:
    """Treat the unknown columns of a staged batch as the contract's `schemaContract` says.

    Grain: one row in, one row out. `evolve` keeps the values of unknown columns in `_rescued`, `discardValue` drops
    them, and `quarantineRow` marks a row that has one as malformed, which sends it to the quarantine.

    Returns:
        The rows; `staged` itself where nothing has to change.
    """
    if _schema_contract(table) is SchemaContract.DISCARD_VALUE:
        return staged.withColumn(RESCUED, F.lit(None).cast("string"))
    if _schema_contract(table) is not SchemaContract.QUARANTINE_ROW:
        return staged
    is_held = F.col(RESCUED).isNotNull()
    reason = F.concat(F.lit(f"{UNKNOWN}s: "), F.array_join(F.json_object_keys(RESCUED), ", "))
    return staged.withColumns(
        {
            RAW: F.when(is_held, F.coalesce(RAW, as_json(*table.column_names, RESCUED))).otherwise(F.col(RAW)),
            REASONS: F.when(is_held, F.array_append(REASONS, reason)).otherwise(F.col(REASONS)),
        }
    )


def _schema_contract(table: Table) -> SchemaContract:
    return table.source.schema_contract if table.source else SchemaContract.EVOLVE
