"""A Snowflake that the totals of a small shop are published to, and what its readers see."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import snowflake.connector

from shared.names import source_secret
from shared.snowflake import SnowflakeTable
from tests.support.served import SERVED, UNSERVED
from tests.support.small_lake import ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snowflake.connector import SnowflakeConnection

    from scripts.sources.snowflake_stand_in import SnowflakeStandIn
    from tests.support.small_lake import SmallLake

CONNECTION = "snowflake_marts"
WRITING = ("CREATE", "ALTER", "PUT", "COPY", "MERGE", "DELETE", "UPDATE", "INSERT", "BEGIN", "COMMIT", "ROLLBACK")


class Warehouse:
    """One database of a stand-in, in which nothing has been published yet.

    Args:
        stand_in: The server.
        database: Its name, new for each test.
    """

    def __init__(self, stand_in: SnowflakeStandIn, database: str) -> None:
        self.stand_in, self.database = stand_in, database

    @property
    def totals(self) -> SnowflakeTable:
        """The table that the totals are published to."""
        return SnowflakeTable(CONNECTION, self.database, "SALES", "totals")

    def connect(self, lake: SmallLake, **changes: Any) -> None:
        """Make the contract publish the totals there, too, and put the connection into the secret that jobs read."""
        place = f"database: {self.database}, schema: SALES"
        lake.amend(SERVED, UNSERVED, f"  - {{server: {CONNECTION}, type: snowflake, {place}}}\n{UNSERVED}")
        secret = json.dumps(self.stand_in.secret | changes)
        boto3.client("secretsmanager").create_secret(Name=source_secret(ENV, CONNECTION), SecretString=secret)

    @contextmanager
    def session(self) -> Iterator[SnowflakeConnection]:
        """A reader's session."""
        with snowflake.connector.connect(
            **self.stand_in.secret,
            database=self.database,
            schema="SALES",
            session_parameters={"TIMEZONE": "UTC"},
            enable_server_session_keep_alive_auto_detection=False,
        ) as connection:
            yield connection

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query's result."""
        with self.session() as connection, connection.cursor() as cursor:
            return [tuple(row) for row in cursor.execute(statement).fetchall()]

    def rows(self) -> list[tuple[Any, ...]]:
        """The published totals."""
        return sorted(self.ask("SELECT * FROM TOTALS"))

    def version(self) -> int:
        """The lake table's version that readers are told."""
        [(version,)] = self.ask("SELECT VERSION FROM LAKEWRIGHT_PUBLICATIONS WHERE TABLE_NAME = 'TOTALS'")
        return int(version)

    @contextmanager
    def written(self) -> Iterator[list[str]]:
        """The writing statements that arrive inside the block, each by its first word."""
        before, found = len(self.stand_in.queries), list[str]()
        yield found
        words = (query.split()[0] for query in self.stand_in.queries[before:])
        found += [word for word in words if word in WRITING]
