"""Who may get a table's rows from the API: its readers, if they may see all columns."""

from dataclasses import replace

import pytest

from shared.contracts.readers import Reader
from shared.errors import TerminalError
from shared.governance.access import Classification
from shared.governance.serving import askers
from tests.support.things import column, things

TABLE = things(column("id", "bigint"), column("name"), readers=(Reader(role="sales"), Reader(role="analyst")))


def cleared(clearance):
    return dict.fromkeys((reader.role for reader in TABLE.readers), clearance)


def test_readers_may_request_rows():
    assert ("analyst", "sales") == askers(TABLE, cleared(Classification.INTERNAL))


def test_a_reader_from_whom_columns_are_hidden_is_refused():
    """The API gives whole rows: Lake Formation, which would hide a column, is not involved."""
    columns = tuple(replace(c, classification="public") for c in TABLE.columns)
    cleared_for_less = cleared(Classification.PUBLIC)

    assert ("analyst", "sales") == askers(replace(TABLE, columns=columns), cleared_for_less)
    with pytest.raises(TerminalError, match=r"would give the role sales the column id; given: a clearance"):
        askers(TABLE, cleared_for_less)
