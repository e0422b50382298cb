"""The stand-in for Redshift on this machine: starts, fills and stops it, and records its statements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pg8000.exceptions import DatabaseError

from scripts.sources.redshift.data_api import DataApi, Fault, Rows, serve
from scripts.sources.redshift.postgres import Postgres
from scripts.sources.redshift.unload import Unload, UnloadError
from shared.errors import TerminalError

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer
    from pathlib import Path

    from pg8000.native import Connection

CLUSTER = "laptop"
DATABASE = "shop"
WAREHOUSE = f"arn:aws:redshift:us-east-1:123456789012:cluster:{CLUSTER}"
UNLOAD_ROLE = "arn:aws:iam::123456789012:role/laptop-unload"
DEFINITIONS = "tables.sql"
FORM = "DROP SCHEMA IF EXISTS <schema> CASCADE; CREATE SCHEMA <schema>; CREATE TABLE <schema>.<table> (...);"
SELECT = "SELECT "


class RedshiftStandIn:
    """PostgreSQL behind the Data API.

    Args:
        tables: A folder with `tables.sql` and, for each table, `<schema>.<table>.csv`.
    """

    def __init__(self, tables: Path) -> None:
        self.tables = tables
        self.role = UNLOAD_ROLE
        self._postgres = Postgres()
        self._api = DataApi(self._carry_out, {"ClusterIdentifier": CLUSTER, "Database": DATABASE})
        self._server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        """The address of the Data API."""
        if self._server is None:
            raise RuntimeError("the stand-in for Redshift has not been started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def parameter(self) -> str:
        """The value of the source's parameter."""
        return json.dumps({"warehouse": WAREHOUSE, "unload_role": self.role})

    @property
    def statements(self) -> list[str]:
        """The statements that have arrived since the start, in order."""
        return list(self._api.arrived)

    def start(self) -> None:
        """Open the port and start PostgreSQL; return at once."""
        self._server = serve(self._api)
        self._postgres.start()

    def ready(self) -> None:
        """Wait until the tables are loaded.

        Raises:
            TerminalError: PostgreSQL did not start, or a file of the folder cannot be loaded.
        """
        self._postgres.ready()
        self.load()

    def load(self) -> None:
        """Replace the tables by those that are now in the folder.

        Raises:
            TerminalError: a file of the folder cannot be loaded.
        """
        definitions = self.tables / DEFINITIONS
        statements = definitions.read_text(encoding="utf-8")
        try:
            self.run(statements)
        except DatabaseError as error:
            line = statements.count("\n", 0, int(_fields(error).get("P", 0))) + 1  # the first if none is given
            raise _not_loaded(f"{definitions}:{line}", error, expected=f"SQL of PostgreSQL, as in {FORM}") from error
        with self._postgres.connect() as connection:
            for file in sorted(self.tables.glob("*.csv")):
                self._fill(connection, file)

    def _fill(self, connection: Connection, file: Path) -> None:
        try:
            with file.open("rb") as rows:
                connection.run(f"COPY {file.stem} FROM STDIN WITH (FORMAT csv, HEADER)", stream=rows)
        except DatabaseError as error:
            expected = f"rows of a table that {DEFINITIONS} creates, in a file <schema>.<table>.csv"
            mend = f"create the table in {DEFINITIONS}, change the file, or remove it"
            raise _not_loaded(str(file), error, expected=expected, mend=mend) from error

    def run(self, statements: str) -> list[Any]:
        """Run statements in PostgreSQL directly, without the Data API, as the owner of the tables does."""
        with self._postgres.connect() as connection:
            return list(connection.run(statements) or [])

    def suffer(self, *faults: Fault) -> None:
        """Make the next calls and statements fail with these faults, one each; earlier faults are dropped."""
        self._api.faults.clear()
        self._api.faults.extend(faults)

    def stop(self) -> None:
        """End everything that was started."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self._postgres.stop()

    def _carry_out(self, sql: str) -> int | Rows:
        if sql.startswith(SELECT):
            return self._selected(sql)
        unload = Unload.parse(sql)
        if unload.role != UNLOAD_ROLE:
            raise UnloadError(f"ERROR: User {WAREHOUSE} is not authorized to assume IAM Role {unload.role}")
        with self._postgres.connect() as connection:
            try:
                return unload.carry_out(connection)
            except DatabaseError as error:
                raise _said(error) from error

    def _selected(self, sql: str) -> Rows:
        with self._postgres.connect() as connection:
            try:
                return [list(row) for row in connection.run(sql) or []]
            except DatabaseError as error:
                raise _said(error) from error


def _said(error: DatabaseError) -> UnloadError:
    return UnloadError(f"ERROR: {_fields(error)['M']}")


def _not_loaded(where: str, error: DatabaseError, **advice: str) -> TerminalError:
    said = _fields(error)
    cause = "; ".join(said[key] for key in ("M", "W") if key in said)  # message and, of a row, where it stands
    return TerminalError(f"{where} cannot be loaded: {cause}", **advice)


def _fields(error: DatabaseError) -> dict[str, str]:
    """What PostgreSQL says of an error, by its own letters."""
    said = error.args[0]
    return said if isinstance(said, dict) else {"M": str(error)}
