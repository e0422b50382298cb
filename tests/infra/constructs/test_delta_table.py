"""Names of tables as construct ids."""

from types import SimpleNamespace

from infra.constructs.delta_table import table_id
from shared.names import TableName


def test_names_that_differ_by_underscores_only_stay_apart():
    ids = {table_id(SimpleNamespace(name=TableName.parse(f"silver.{name}"))) for name in ("a_b", "a__b", "ab", "aB")}

    assert 4 == len(ids)
    assert all(id_.isalnum() for id_ in ids)
