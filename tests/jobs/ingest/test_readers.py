"""Every type of source a contract may name has a reader."""

from typing import get_args

from jobs.ingest.readers import READERS, translate
from shared.contracts import Source
from shared.contracts.odcs import Server
from shared.contracts.source import CONNECTORS
from shared.errors import SourceUnavailableError


def test_every_type_of_server_has_a_reader():
    types = {*get_args(Server.model_fields["type"].annotation)} - {"custom"}

    assert types | {*CONNECTORS} == set(READERS)


def test_an_error_of_the_house_is_what_it_is(table_of):
    error = SourceUnavailableError("no answer")
    source = Source(system="crm", type="s3", object="Thing")
    assert translate(error, table_of({"id": "string"}, source)) is error


def test_any_other_error_is_none_of_a_readers(table_of):
    source = Source(system="crm", type="s3", object="Thing")
    assert translate(RuntimeError("x"), table_of({"id": "string"}, source)) is None
