"""What transformLogic and rules may contain."""

import pytest

from shared.contracts.expression import read_expression, read_predicate, unknown_columns
from shared.contracts.repeatable import UNREPEATABLE_NAMES
from shared.errors import ContractError


@pytest.mark.parametrize(
    "sql",
    [
        "lower(trim(name))",
        "CASE WHEN a > 1 THEN 'x' ELSE CAST(b AS STRING) END",
        "coalesce(element_at(map(1, 'x'), status), cast(status AS string))",
        "'USD'",
        "transform(xs, x -> x + y)",
        "from_json(body, 'a INT').a",
        "split(a, ';')",
    ],
)
def test_an_expression_over_one_row_is_taken_as_it_is(sql):
    assert sql == read_expression(f"  {sql}\n", "f:1")


@pytest.mark.parametrize(
    "sql, said",
    [
        pytest.param("a, b", "not one expression over one row", id="two expressions"),
        pytest.param("a FROM t", "not one expression over one row", id="a query"),
        pytest.param("(SELECT max(a) FROM silver.t)", "not one expression over one row", id="a query in brackets"),
        pytest.param("sum(a)", "not one expression over one row", id="an aggregate"),
        pytest.param("row_number() OVER (ORDER BY a)", "not one expression over one row", id="a window"),
        pytest.param("explode(xs)", "not one expression over one row", id="a generator"),
        pytest.param("a; b", "not one statement", id="two statements"),
        pytest.param("trim(a);", "not one expression over one row", id="a semicolon at its end"),
        pytest.param("", "the SQL does not parse|not one expression", id="nothing"),
        pytest.param("lower(a", "the SQL does not parse", id="an open bracket"),
        pytest.param("cast(a AS int", "the SQL does not parse", id="an open bracket that the parser forgives"),
        pytest.param("'a", "the SQL does not parse", id="an open quote"),
    ],
)
def test_an_impossible_expression_is_refused(sql, said):
    with pytest.raises(ContractError, match=rf"^f:1: ({said})"):
        read_expression(sql, "f:1")


@pytest.mark.parametrize(
    "sql",
    [
        "now()",
        "current_date",
        "current_timestamp()",
        "localtimestamp",
        "to_date('today')",
        "try_to_timestamp(' Now ')",
        "unix_timestamp('tomorrow')",
        "uniform(0, 10)",
        "reflect('java.util.UUID', 'randomUUID')",
        "current_database()",
        "input_file_block_start()",
        "unix_timestamp()",
        "rand()",
        "uuid()",
        "aes_encrypt(a, b)",
        "to_unix_timestamp()",
        "last_day('today')",
        "date_trunc('day', 'now')",
        "CAST(a AS DATE) > 'today'",
        "DATE'2024-01-01' IN (DATE'2024-01-01', 'yesterday')",
        "system.builtin.rand()",
        "shuffle(xs)",
        "current_user()",
        "monotonically_increasing_id()",
        "input_file_name()",
        "DATE'today'",
        "CAST('now' AS TIMESTAMP)",
        "datediff(now(), a)",
    ],
)
def test_what_is_not_repeatable_is_refused(sql):
    with pytest.raises(ContractError, match=r"^f:1: another answer on every call.*business_date"):
        read_expression(sql, "f:1")


@pytest.mark.parametrize("name", sorted(UNREPEATABLE_NAMES))
def test_what_is_unrepeatable_by_its_name_is_refused_however_it_is_called(name):
    for call in (f"{name}()", f"{name}(5)", f"{name.upper()}(5, 6)"):
        with pytest.raises(ContractError, match=r"another answer on every call|does not parse"):
            read_expression(call, "f:1")


@pytest.mark.parametrize(
    "sql", ["state = 'today'", "state IN ('now', 'later')", "aes_encrypt(a, b, 'ECB')", "CAST('epoch' AS DATE)"]
)
def test_the_word_today_compared_with_text_is_allowed(sql):
    assert sql == read_expression(sql, "f:1")


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE a < 0", "a < 0", id="plain"),
        pytest.param("select count(*) as bad from ${table} where a < 0 or b", "a < 0 or b", id="with a name"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE a IN (1, 2)", "a IN (1, 2)", id="a list"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE a = 'it''s'", "a = 'it''s'", id="a doubled quote"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE date_trunc(u, a) = b", "date_trunc(u, a) = b", id="a unit"),
        pytest.param(
            "SELECT COUNT(*) FROM ${table} WHERE to_date(s, 'yyyy-MM-dd') IS NULL",
            "to_date(s, 'yyyy-MM-dd') IS NULL",
            id="the usual format, said",
        ),
        pytest.param(
            "SELECT COUNT(*) FROM ${table} WHERE parse_json(s) IS NULL;", "parse_json(s) IS NULL", id="left out"
        ),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE a = 1.5BD -- c\n  OR b", "a = 1.5BD OR b", id="a comment"),
        pytest.param("SELECT COUNT(*) FROM ${table} AS T WHERE t.a<0", "a<0", id="by an alias in another case"),
        pytest.param(
            "SELECT COUNT(*) FROM ${table} AS t WHERE exists(xs, t -> t.a < 0) OR t.b", None, id="another of its name"
        ),
        pytest.param(
            "SELECT COUNT(*) FROM ${table} WHERE to_char(a, 'yyyy') = b",
            "to_char(a, 'yyyy') = b",
            id="known in another form",
        ),
        pytest.param("SELECT COUNT(*) FROM ${table} AS t WHERE t.a < 0 OR b", "a < 0 OR b", id="by an alias"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE ${table}.a < 0", "a < 0", id="by the table's name"),
        pytest.param("SELECT COUNT(*) FROM ${table}", None, id="without WHERE"),
        pytest.param("SELECT COUNT(a) FROM ${table} WHERE b", None, id="not of rows"),
        pytest.param("SELECT COUNT(DISTINCT a) FROM ${table} WHERE b", None, id="of values"),
        pytest.param("SELECT SUM(a) FROM ${table} WHERE b", None, id="not a count"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE b GROUP BY c", None, id="by groups"),
        pytest.param("SELECT COUNT(*) FROM ${table} WHERE b LIMIT 3", None, id="with a limit"),
        pytest.param("SELECT COUNT(*) FROM ${table} JOIN ${table} AS u ON true WHERE b", None, id="with a join"),
        pytest.param("WITH w AS (SELECT 1 AS b) SELECT COUNT(*) FROM ${table} WHERE b", None, id="with a query before"),
        pytest.param(
            "SELECT COUNT(*) FROM ${table} WHERE a = (SELECT MAX(a) FROM ${table})", None, id="with a query in it"
        ),
        pytest.param("SELECT COUNT(*) FROM (SELECT * FROM ${table}) AS t WHERE b", None, id="over a query"),
    ],
)
def test_the_predicate_of_a_bad_row_is_the_where_of_a_count(sql, expected):
    assert expected == read_predicate(sql, "f:1")


@pytest.mark.parametrize(
    "sql, expected",
    [
        pytest.param("a + B", [], id="in whatever case"),
        pytest.param("a + c + d", ["c", "d"], id="unknown ones"),
        pytest.param("transform(a, x -> x + b)", [], id="not the variables of a function"),
        pytest.param("SELECT COUNT(*) FROM (SELECT a AS k FROM ${table}) AS t WHERE t.k > 1", [], id="not its aliases"),
        pytest.param("SELECT COUNT(*) FROM ${table} AS t WHERE t.c", ["c"], id="of the table by its alias"),
    ],
)
def test_unknown_columns_are_found(sql, expected):
    assert expected == unknown_columns(sql, ["a", "b"])
