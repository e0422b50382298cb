"""The tables of `lake bench sources` have ordinary contracts, one for each system and size."""

from scripts.benching.sources_contracts import COLUMNS, FEW, MANY, landed, sources_catalog


def test_every_system_has_a_table_of_each_size(tmp_path):
    tables = sources_catalog(tmp_path).tables
    sources = {name: table.source for name, table in tables.items()}

    assert {landed(system, size) for system in ("snowflake", "kafka", "files") for size in (FEW, MANY)} == set(tables)
    assert {"snowflake", "kafka", "s3"} == {source.type for source in sources.values()}
    assert [tuple(COLUMNS)] * len(tables) == [table.column_names for table in tables.values()]
