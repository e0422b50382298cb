"""Names of tables as construct ids."""

from infra.constructs.delta_table import table_id


def test_names_that_differ_by_underscores_only_stay_apart():
    ids = {table_id(name) for name in ("a_b", "a__b", "ab", "aB")}

    assert 4 == len(ids)
    assert all(id_.isalnum() for id_ in ids)
