"""The columns that a SELECT passes on unchanged are found."""

import pytest

from scripts.looking.select_columns import equal_columns

A, B = {"a": ["id", "x", "day"]}, {"b": ["id", "a_id", "y"]}


@pytest.mark.parametrize(
    "sql, columns, expected",
    [
        pytest.param("SELECT id, x AS ex FROM a", A, {"a": {"id": ["id"], "ex": ["x"]}}, id="plain and renamed"),
        pytest.param("SELECT CAST(id AS BIGINT) AS i FROM a", A, {"a": {"i": ["id"]}}, id="cast"),
        pytest.param("SELECT x + 1 AS x, upper(id) AS id, 1 AS day FROM a", A, {"a": {}}, id="made of it"),
        pytest.param("SELECT t.id FROM a AS t", A, {"a": {"id": ["id"]}}, id="alias"),
        pytest.param(
            "SELECT a.id, y FROM a JOIN b ON b.a_id = a.id",
            A | B,
            {"a": {"id": ["id"]}, "b": {"id": ["a_id"], "y": ["y"]}},
            id="set equal by a join",
        ),
        pytest.param(
            "SELECT b.y FROM a JOIN b ON b.a_id = a.id AND a.day >= b.y",
            A | B,
            {"a": {}, "b": {"y": ["y"]}},
            id="a range is no equality",
        ),
        pytest.param(
            "SELECT a.x FROM a JOIN b ON b.a_id = a.id OR b.id = a.x",
            A | B,
            {"a": {"x": ["x"]}, "b": {}},
            id="nor is one of two",
        ),
        pytest.param(
            "SELECT a.id AS i FROM a JOIN b USING (id)", A | B, {"a": {"i": ["id"]}, "b": {"i": ["id"]}}, id="using"
        ),
        pytest.param(
            "SELECT b.y FROM a CROSS JOIN b WHERE a.x = b.y", A | B, {"a": {"y": ["x"]}, "b": {"y": ["y"]}}, id="where"
        ),
        pytest.param("SELECT id FROM a JOIN b ON a.x = b.y", A | B, {"a": {}, "b": {}}, id="of which table is unknown"),
        pytest.param(
            "SELECT day, count(*) AS n FROM l.a GROUP BY day", {"l.a": ["day"]}, {"l.a": {"day": ["day"]}}, id="grouped"
        ),
        pytest.param(
            "WITH c AS (SELECT * FROM a) SELECT id, 1 AS x FROM c", A, {"a": {"id": ["id"], "x": ["x"]}}, id="by names"
        ),
        pytest.param(
            "SELECT id FROM a UNION ALL SELECT id FROM b", A | B, {"a": {"id": ["id"]}, "b": {"id": ["id"]}}, id="union"
        ),
    ],
)
def test_columns_that_are_handed_on_are_found(sql, columns, expected):
    assert expected == equal_columns(sql, columns)
