"""Names and types in Snowflake."""

import pytest

from shared.snowflake import SnowflakeTable, quoted, snowflake_type


@pytest.mark.parametrize(
    "name, identifier",
    [
        pytest.param("salesorderid", '"SALESORDERID"', id="plain"),
        pytest.param("order", '"ORDER"', id="reserved"),
        pytest.param("My Table", '"My Table"', id="with blank"),
        pytest.param('a"; DROP TABLE b; --', '"a""; DROP TABLE b; --"', id="with quote"),
    ],
)
def test_names_are_quoted_as_snowflake_stores_them(name, identifier):
    assert identifier == quoted(name)


def test_a_table_is_written_for_people_and_for_snowflake():
    table = SnowflakeTable("marts", "Marts", "my schema", "daily")

    assert "MARTS.my schema.DAILY" == str(table)
    assert '"MARTS"."my schema"."DAILY"' == table.identifier
    assert '"MARTS"."my schema"."OTHER"' == table.beside("other")


@pytest.mark.parametrize("type_", ["string", "binary", "int", "bigint", "smallint", "float", "boolean", "date"])
def test_every_type_of_a_contract_but_arrays_has_one_in_snowflake(type_):
    assert snowflake_type(type_)
    assert "NUMBER(38,18)" == snowflake_type("decimal(38,18)")
    assert "TIMESTAMP_TZ(6)" == snowflake_type("timestamp")
    assert None is snowflake_type("array<string>")
