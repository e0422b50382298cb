"""A Delta table as Athena, Redshift and Lake Formation find it in the Glue catalog."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue

if TYPE_CHECKING:
    from constructs import Construct

    from shared.contracts import Column, Table

COMMENT_LIMIT = 255  # Glue's, for a column's comment
DESCRIPTION_LIMIT = 2048


class DeltaTable(glue.CfnTable):
    """The Glue table of a contract: real columns, equal to the Delta log's, because Lake Formation asks for both.

    Athena reads a table that names `spark.sql.sources.provider` whatever its reader version; the formats and the SerDe
    are what AWS's own registration writes, and are not used to read.
    Partition keys stay empty, since Delta knows its partitions itself.

    Example:
        DeltaTable(self, table_id(table), table=table, database="gold", location="s3://lake/gold/sales_fact")
    """

    def __init__(self, scope: Construct, id_: str, *, table: Table, database: str, location: str, account: str) -> None:
        super().__init__(
            scope,
            id_,
            catalog_id=account,
            database_name=database,
            table_input=glue.CfnTable.TableInputProperty(
                name=table.name.table,
                description=table.description[:DESCRIPTION_LIMIT],
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "delta", "spark.sql.sources.provider": "delta"},
                partition_keys=[],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    columns=[_glue_column(column) for column in table.all_columns],
                    input_format="org.apache.hadoop.mapred.SequenceFileInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        parameters={"serialization.format": "1", "path": location},
                    ),
                ),
            ),
        )


def table_id(table: Table) -> str:
    """A construct id, and so a logical id, that no other table has.

    Logical ids drop underscores, so `a__b` and `a_b` need more than their letters to stay apart.
    """
    words = "".join(word.capitalize() for word in table.name.table.split("_"))
    return f"{words}{hashlib.sha256(table.name.table.encode()).hexdigest()[:6]}"


def _glue_column(column: Column) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(
        name=column.name, type=column.type.lower(), comment=column.description[:COMMENT_LIMIT]
    )
