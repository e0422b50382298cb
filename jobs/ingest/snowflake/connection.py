"""Connects to Snowflake with a secret, and translates the connector's errors."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from snowflake import connector
from snowflake.connector import errors as snowflake_errors

from jobs.ingest.source_secret import WANTED_KEY, SourceSecret, malformed, parse_secret, read_private_key
from shared.errors import (
    LakewrightError,
    SchemaDriftError,
    SourceContentError,
    SourceUnavailableError,
    TerminalError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# The connector itself retries, on 408, 429, 5xx and broken connections, with waits that grow by a random share.
ATTEMPTS = 5
LOGIN_SECONDS = 60
ANSWER_SECONDS = 120
QUERY_SECONDS = 3600
LONGEST_PAUSE_MS = 4000

# The classes of SQLSTATE worth a retry: connection, resources, operator intervention, timeout, internal error.
TRANSIENT_STATES = ("08", "53", "57", "HYT", "XX")
REFUSED_LOGIN = "28"
# Snowflake's numbers of logins. Most come with the state of a broken connection (08001), and none of them passes but
# that a user is locked for a quarter of an hour, and that a session is over.
# Source: snowflake-connector-python 4, network.py; snowflake-connector-nodejs, lib/constants/gs_errors.js.
LOGINS = range(390_000, 391_000)
TRANSIENT_LOGINS = frozenset({390102, 390104, 390111, 390112, 390113, 390114, 390115})
NO_WAREHOUSE = 606
# The driver's own number for an argument that it cannot use: all that may be wrong of them come from the secret.
MALFORMED = 251007
COMPILATION = "42"
# Snowflake's numbers for a column, and for an object, that is not there, or not for this role.
NO_COLUMN = 904
NO_OBJECT = frozenset({2003, 2043})
NOT_THERE = {NO_COLUMN, *NO_OBJECT}


class SnowflakeSecret(SourceSecret):
    """The secret of a Snowflake source."""

    system = "Snowflake"
    form = "JSON with account, user, password or private_key, and if needed host, port, protocol, warehouse, role"

    account: str
    user: str
    password: SecretStr | None = None
    private_key: SecretStr | None = None
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    warehouse: str | None = None
    role: str | None = None

    @classmethod
    def parse(cls, text: str, secret: str) -> SnowflakeSecret:
        """Parse the secret's JSON.

        Raises:
            TerminalError: it does not fit the model; the error names keys, never values.
        """
        given = parse_secret(cls, text, secret)
        if (given.password is None) == (given.private_key is None):
            raise malformed(cls, secret, ["password and private_key: exactly one is needed"])
        # The driver reports some keys that it cannot use as a broken connection.
        if given.private_key is not None and read_private_key(given.private_key.get_secret_value()) is None:
            raise malformed(cls, secret, [f"private_key: {WANTED_KEY}"])
        return given

    def arguments(self) -> dict[str, Any]:
        """The connector's arguments that come from the secret."""
        plain = self.model_dump(exclude_none=True, exclude={"password", "private_key"})
        if self.private_key is not None:
            return plain | {"authenticator": "SNOWFLAKE_JWT", "private_key": self.private_key.get_secret_value()}
        return plain | {"password": self.password.get_secret_value() if self.password else ""}


@contextmanager
def connected(credentials: SnowflakeSecret, database: str, schema: str) -> Iterator[connector.SnowflakeConnection]:
    """A connection that is closed at the end of the block; its session's time zone is UTC."""
    # The driver's own log shows hosts and statements.
    logging.getLogger("snowflake.connector").setLevel(logging.ERROR)
    connection = connector.connect(
        **credentials.arguments(),
        database=database,
        schema=schema,
        session_parameters={"TIMEZONE": "UTC"},
        login_timeout=LOGIN_SECONDS,
        request_timeout=ANSWER_SECONDS,
        query_timeout=QUERY_SECONDS,
        retry_max_attempts=ATTEMPTS,
        retry_backoff_cap_ms=LONGEST_PAUSE_MS,
        enable_server_session_keep_alive_auto_detection=False,
    )
    try:
        yield connection
    finally:
        connection.close()


def translate_error(error: snowflake_errors.Error, error_context: str) -> LakewrightError:
    """The LakewrightError for an error of the connector.

    The connector's text is kept only where it is about names, since otherwise it may quote rows or settings.

    Args:
        error: What the connector raised.
        error_context: System, place and position; the error begins with it.
    """
    state, number, code = facts_of(error)
    if (refused := refusal(number, state)) is not None:
        what, mend = refused
        return TerminalError(f"{error_context}: {what}", given=code, mend=mend)
    if is_transient(number, state):
        return SourceUnavailableError(f"{error_context}: no answer", given=code)
    if number in NOT_THERE or state.startswith(COMPILATION):
        kind = SchemaDriftError if number == NO_COLUMN else SourceContentError
        return kind(
            f"{error_context}: the table or a column is not there, or not for this role",
            given=f"{code}: {error.raw_msg.splitlines()[0]}",
            expected="a table with the contract's columns",
            mend="change the contract, or grant the role access",
        )
    if isinstance(error, snowflake_errors.ProgrammingError):
        return SourceContentError(f"{error_context}: the query failed", given=code, mend="run it in Snowflake by hand")
    return SourceUnavailableError(f"{error_context}: no answer", given=code)


def facts_of(error: snowflake_errors.Error) -> tuple[str, int, str]:
    """Snowflake's state and number of an error, and both in words."""
    state, number = error.sqlstate or "", error.errno
    return state, number, f"Snowflake error {number} ({state})" if state else f"Snowflake error {number}"


def is_transient(number: int, state: str) -> bool:
    """Whether another try may go well."""
    return state.startswith(TRANSIENT_STATES) or number in TRANSIENT_LOGINS


def refusal(number: int, state: str) -> tuple[str, str] | None:
    """What is wrong of a connection that no other try will mend, and what mends it; None where it is none."""
    put = "put the secret with `./lake secrets put`"
    if number == NO_WAREHOUSE:
        return "no warehouse is active", f"name a warehouse in the secret, or grant its role USAGE on it; {put}"
    if number == MALFORMED:
        return "the driver cannot use what the secret says", put
    if number in TRANSIENT_LOGINS:
        return None
    if number in LOGINS or state.startswith(REFUSED_LOGIN):
        ask = "or ask Snowflake's administrator for the user, its role, its warehouse and the network policy"
        return "the login was refused", f"{put}, {ask}"
    return None
