"""Snowflake's names and types: what its reader, its publisher and the contracts agree on."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
# Whole numbers have the digits that Spark's types can have. A time is an instant in Spark: with its zone, which is
# UTC, every reader sees it as the lake has it, whatever zone their session has.
_TYPES = {
    "smallint": "NUMBER(5,0)",
    "int": "NUMBER(10,0)",
    "bigint": "NUMBER(19,0)",
    "float": "FLOAT",
    "double": "FLOAT",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "binary": "BINARY",
    "date": "DATE",
    "timestamp": "TIMESTAMP_TZ(6)",
}
_DECIMAL = "decimal"


@dataclass(frozen=True)
class SnowflakeTable:
    """A table in Snowflake, and the connection to it: the name of the system whose secret has the login.

    Example:
        str(SnowflakeTable("snowflake_marts", "MARTS", "SALES", "daily_revenue"))  # "MARTS.SALES.DAILY_REVENUE"
    """

    connection: str
    database: str
    schema: str
    table: str

    def beside(self, name: str) -> str:
        """The identifier of another table in the same schema."""
        return ".".join(map(quoted, (self.database, self.schema, name)))

    @property
    def identifier(self) -> str:
        """The table in a statement."""
        return self.beside(self.table)

    def __str__(self) -> str:
        """The table as people write it."""
        return ".".join(map(stored, (self.database, self.schema, self.table)))


def stored(name: str) -> str:
    """A name as Snowflake stores it: a plain one in upper case, any other unchanged."""
    return name.upper() if PLAIN_NAME.fullmatch(name) else name


def quoted(name: str) -> str:
    """An identifier that means the name as it is stored."""
    return '"' + stored(name).replace('"', '""') + '"'


def snowflake_type(spark_type: str) -> str | None:
    """The Snowflake type that holds every value of a Spark type, and no other kind of value; None if there is none.

    Source: Snowflake SQL reference, "Summary of data types".
    """
    if spark_type.startswith(_DECIMAL):
        return f"NUMBER{spark_type.removeprefix(_DECIMAL)}"
    return _TYPES.get(spark_type)
