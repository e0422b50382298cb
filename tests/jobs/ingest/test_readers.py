"""Every type of source a contract may name has a reader."""

from typing import get_args

from jobs.ingest.readers import READERS
from shared.contracts.odcs import Server
from shared.contracts.source import CONNECTORS


def test_every_type_of_server_has_a_reader():
    types = {*get_args(Server.model_fields["type"].annotation)} - {"custom"}

    assert types | {*CONNECTORS} == set(READERS)
