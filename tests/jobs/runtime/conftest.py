"""An account with the secrets of sources."""

from tests.jobs.ingest.conftest import account, account_server, put_secret

__all__ = ["account", "account_server", "put_secret"]
