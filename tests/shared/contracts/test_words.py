"""The words of a statement: what counts as another query, and what sqlglot does not give back as it was written."""

import pytest
import sqlglot

from shared.contracts.query import read_query
from shared.contracts.sql import DIALECT
from shared.contracts.words import misread


def canonical(result):
    return read_query(f"SELECT {result} AS x FROM silver.a", "f").canonical


@pytest.mark.parametrize(
    "one, other",
    [
        pytest.param("percentile(price, 0.5)", "percentile(price, 0.5, qty)", id="a weight"),
        pytest.param("seen - INTERVAL 1 DAY 2 HOURS", "seen - INTERVAL 1 DAY + INTERVAL 2 HOURS", id="an interval"),
        pytest.param("listagg(name)", "listagg(name, ',')", id="a default of sqlglot's"),
        pytest.param("log10(price)", "log(10, price)", id="a function by way of another"),
        pytest.param("trunc(day, 'Q')", "trunc(day, 'QUARTER')", id="a unit that Spark does not know"),
        pytest.param("to_char(day, 'yyyy')", "to_char(day, 'MM')", id="a format that sqlglot cannot write"),
        pytest.param("to_json(struct(day AS day))", "to_json(struct(day AS Day))", id="letter case of a field"),
        pytest.param("'a'", "'A'", id="letter case of a text"),
        pytest.param("'a b'", "'a  b'", id="blanks in a text"),
        pytest.param("'\\%'", "'%'", id="an escape"),
        pytest.param("1L", "1", id="the type of a number"),
    ],
)
def test_queries_that_differ_for_spark_count_as_different(one, other):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select date(day) as x, Count(*) as n from silver.a group by All", id="letter case"),
        pytest.param("SELECT DATE ( day )AS x\n\t,COUNT(*)AS n FROM silver . a GROUP \n BY ALL", id="layout"),
        pytest.param(
            "-- days\nSELECT DATE(day) AS x, COUNT(*) /* all */ AS n FROM silver.a GROUP BY ALL", id="comment"
        ),
        pytest.param("SELECT DATE(day) AS x, COUNT(*) AS n FROM silver.a GROUP BY ALL;", id="a semicolon at its end"),
    ],
)
def test_layout_comments_and_letter_case_of_keywords_do_not_count(sql):
    expected = "SELECT DATE ( day ) AS x , COUNT ( * ) AS n FROM silver . a GROUP BY ALL"
    assert expected == read_query(sql, "f").canonical


def why(result):
    sql = f"SELECT {result} AS x FROM silver.a"
    return misread(sql, sqlglot.parse_one(sql, dialect=DIALECT))


@pytest.mark.parametrize(
    "result, expected",
    [
        ("array_append(a, b, c)", "without c"),
        ("trunc(day, 'Q')", "without 'Q'"),
        ("CAST(a AS VARCHAR(3))", "without VARCHAR"),
        ("seen - INTERVAL 1 DAY 12 HOURS", "with another +"),
        ("listagg(name)", "with another ','"),
        ("unix_date(day)", "with another '1970-01-01'"),
    ],
)
def test_what_is_lost_or_new_is_named(result, expected):
    assert f"sqlglot would write it {expected}" == why(result)


@pytest.mark.parametrize("result", ["to_char(day, 'yyyy')", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"])
def test_what_cannot_be_written_again_is_in_another_form(result):
    assert "it has a function that is known in another form only" == why(result)


@pytest.mark.parametrize(
    "result",
    [
        "CAST(a AS DECIMAL(9, 2))",
        "DATE '2024-01-01'",
        "a :: INT",
        "a <=> b",
        "a != 1L",
        "date_sub(day, a + 1) + date_sub(day, 7)",
        "date_trunc('month', seen)",
        "instr(name, 'x')",
        "log10(a) - log2(b)",
        "ltrim('x', name)",
        "mod(a, 7) % 5",
        "nvl(a, b)",
        "row_number() OVER (PARTITION BY a ORDER BY b DESC NULLS LAST, c ASC)",
        "seen - INTERVAL '1 12' DAY TO HOUR",
        "struct(a, b AS c)",
        "sum(a) OVER (PARTITION BY b ORDER BY c ROWS 2 PRECEDING)",
    ],
)
def test_other_words_for_the_same_are_no_difference(result):
    assert "" == why(result)
