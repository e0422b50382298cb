"""The stand-ins for sources of the ingest tests, for tests that ask a source for figures."""

from tests.jobs.ingest.conftest import (
    account,
    account_server,
    job,
    put_secret,
    redshift,
    redshift_server,
    session,
    snowflake,
    table_of,
)

__all__ = [
    "account",
    "account_server",
    "job",
    "put_secret",
    "redshift",
    "redshift_server",
    "session",
    "snowflake",
    "table_of",
]
