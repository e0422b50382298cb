"""A Delta table in the Glue catalog, where Athena, Redshift and Lake Formation find it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_glue as glue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constructs import Construct

    from shared.contracts import Column

COMMENT_LIMIT = 255  # Glue's, for a column's comment
DESCRIPTION_LIMIT = 2048


class DeltaTable(glue.CfnTable):
    """The Glue table of a contract or a vault: with the columns of the Delta log, as Lake Formation requires.

    Athena reads a table with `spark.sql.sources.provider` whatever its reader version; the formats and the SerDe are
    those that AWS's own registration writes, and are not used to read.
    Partition keys stay empty, since Delta knows its partitions itself.

    Example:
        DeltaTable(self, table_id(name), name=name, columns=columns, database="gold", location="s3://lake/gold/sales")
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        columns: Iterable[Column],
        database: str,
        location: str,
    ) -> None:
        super().__init__(
            scope,
            id_,
            catalog_id=Stack.of(scope).account,
            database_name=database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=description[:DESCRIPTION_LIMIT],
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "delta", "spark.sql.sources.provider": "delta"},
                partition_keys=[],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=location,
                    columns=[_glue_column(column) for column in columns],
                    input_format="org.apache.hadoop.mapred.SequenceFileInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                        parameters={"serialization.format": "1", "path": location},
                    ),
                ),
            ),
        )


def table_id(name: str) -> str:
    """A construct id, and so a logical id, that is unique to the table.

    Logical ids drop underscores, so `a__b` and `a_b` need more than their letters to differ.
    """
    words = "".join(word.capitalize() for word in name.split("_"))
    return f"{words}{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _glue_column(column: Column) -> glue.CfnTable.ColumnProperty:
    # Glue accepts no comment of several lines.
    comment = " ".join(column.description.split())[:COMMENT_LIMIT]
    return glue.CfnTable.ColumnProperty(name=column.name, type=column.type.lower(), comment=comment)
