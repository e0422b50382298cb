"""The SELECT beside a contract: its inputs and columns."""

import pytest

from shared.contracts.query import input_line, read_query
from shared.errors import ContractError
from shared.names import TableName


@pytest.mark.parametrize(
    "sql, inputs",
    [
        pytest.param("SELECT a FROM silver.x", ["silver.x"], id="one"),
        pytest.param("SELECT 1 a FROM silver.y JOIN gold.x ON true", ["silver.y", "gold.x"], id="in order of reading"),
        pytest.param("SELECT a FROM silver.x UNION ALL SELECT a FROM silver.x", ["silver.x"], id="each once"),
        pytest.param(
            "WITH w AS (SELECT a FROM silver.x) SELECT a FROM w", ["silver.x"], id="not the query's own names"
        ),
        pytest.param(
            "SELECT a FROM silver.x WHERE a IN (SELECT b FROM silver.y)", ["silver.x", "silver.y"], id="nested"
        ),
        pytest.param("SELECT a FROM silver.x AS o WHERE o.a > 1;", ["silver.x"], id="a semicolon at its end"),
        pytest.param("SELECT a, _sequence, _source_position FROM batch", [], id="the batch"),
        pytest.param("SELECT * FROM batch", [], id="all of the batch"),
        pytest.param(
            "WITH b AS (SELECT a, _sequence, (_source_position) AS _source_position FROM batch) SELECT * FROM b",
            [],
            id="the batch, by way of its own name",
        ),
        pytest.param("SELECT a FROM silver.x, business_date", ["silver.x"], id="and today"),
    ],
)
def test_inputs_are_the_tables_a_query_reads(sql, inputs):
    assert [TableName.parse(n) for n in inputs] == list(read_query(sql, "gold/t.sql").inputs)


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("SELECT a FROM silver.x", False, id="no"),
        pytest.param("SELECT a FROM silver.x, business_date", True, id="as a table"),
        pytest.param("SELECT business_date FROM silver.x", False, id="a column of that name"),
    ],
)
def test_a_query_knows_whether_it_needs_the_business_date(sql, expected):
    assert expected is read_query(sql, "gold/t.sql").needs_business_date


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("SELECT a, b AS c, x.d FROM silver.x", ("a", "c", "d"), id="names and aliases"),
        pytest.param("SELECT a, x.* FROM silver.x", (), id="everything, so unknown"),
        pytest.param("SELECT a FROM silver.x UNION SELECT b FROM silver.y", ("a",), id="of a union the first"),
    ],
)
def test_columns_are_what_a_query_gives(sql, expected):
    assert expected == read_query(sql, "gold/t.sql").columns


@pytest.mark.parametrize(
    "read, mend",
    [
        pytest.param("silver.x AS n(b, a)", "rename columns in a SELECT over it", id="columns by other names"),
        pytest.param("silver.x VERSION AS OF 3", "leave the version out", id="a version"),
        pytest.param("silver.x TIMESTAMP AS OF '2024-01-01'", "leave the version out", id="a version by its time"),
        pytest.param("batch AS b(id, day)", "rename columns in a SELECT over it", id="the batch by other names"),
    ],
)
def test_a_table_is_read_without_renamed_columns_or_a_version(read, mend):
    """Columns are followed by name: other names would hide what they are made of."""
    with pytest.raises(ContractError, match=rf"^gold/t.sql:2: a table is read otherwise than as it is.*{mend}"):
        read_query(f"SELECT a\nFROM {read}", "gold/t.sql")


def test_a_row_local_query_cannot_use_the_business_date():
    """Refused rows are read again on another day."""
    sql = "SELECT a, _sequence, _source_position\nFROM batch\n{} business_date"
    for join in (",", "JOIN", "WHERE a > (SELECT business_date FROM"):
        text = sql.format(join) + (")" if "(" in join else "")
        with pytest.raises(ContractError, match=r"^silver/t.sql:3: a row-local query asks for today.*a built table"):
            read_query(text, "silver/t.sql")
    with pytest.raises(ContractError, match="where the query of a built table needs today"):
        read_query("SELECT current_date() AS a, _sequence, _source_position FROM batch", "silver/t.sql")


def test_what_sqlglot_cannot_write_counts_as_it_is_written():
    years, months = (read_query(f"SELECT to_char(day, '{f}') AS d FROM silver.a", "f") for f in ("yyyy", "yyyy-MM"))
    assert years.canonical != months.canonical


def test_the_line_of_an_input_is_where_it_is_first_named():
    query = read_query("SELECT a\nFROM silver.y\nJOIN\n  silver.x ON a = silver.x.b\n", "gold/t.sql")

    assert 4 == input_line(query, TableName.parse("silver.x"))
