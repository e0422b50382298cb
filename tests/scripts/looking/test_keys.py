"""A key is parsed from the command line, and checked against the table's key."""

import pytest

from scripts.looking.errors import WrongRequestError
from scripts.looking.keys import check_values, read_key
from scripts.looking.relations import Relations

FOR_LINES = "expected: <order_id>,<line_number>, or name=value for some of order_id, line_number"


@pytest.mark.parametrize(
    "table, words, expected",
    [
        pytest.param("silver.orders", ["1"], {"order_id": "1"}, id="one column"),
        pytest.param("silver.lines", ["1,2"], {"order_id": "1", "line_number": "2"}, id="with a comma"),
        pytest.param("silver.lines", ["1", "2"], {"order_id": "1", "line_number": "2"}, id="as two words"),
        pytest.param("silver.lines", ["1, 2"], {"order_id": "1", "line_number": "2"}, id="with a blank"),
        pytest.param("silver.stock", ["pen, blue"], {"product": "pen, blue"}, id="a comma within the only value"),
        pytest.param("silver.lines", ["line_number=2"], {"line_number": "2"}, id="a part by name"),
        pytest.param(
            "silver.lines", ["line_number=2,order_id=1"], {"line_number": "2", "order_id": "1"}, id="by name, one word"
        ),
        pytest.param(
            "silver.lines", ["line_number=2", "order_id=1"], {"line_number": "2", "order_id": "1"}, id="by name, words"
        ),
        pytest.param("silver.stock", ["product=a=b,c"], {"product": "a=b,c"}, id="signs within a value"),
    ],
)
def test_key_is_read(catalog, table, words, expected):
    assert expected == read_key(catalog.table(table), words)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["1"], id="too few"),
        pytest.param(["1,2,3"], id="too many"),
        pytest.param(["order=1"], id="unknown name"),
        pytest.param(["product=pen"], id="not of the key"),
        pytest.param(["order_id=1", "order_id=2"], id="twice"),
        pytest.param(["order_id=1", "2"], id="with and without name"),
    ],
)
def test_key_that_does_not_fit_is_refused(catalog, words):
    with pytest.raises(WrongRequestError) as refused:
        read_key(catalog.table("silver.lines"), words)

    assert f"the key does not fit silver.lines; given: {' '.join(words)}; {FOR_LINES}" == str(refused.value)


def test_value_of_another_type_is_refused(catalog):
    with pytest.raises(WrongRequestError, match="given: line_number=two; expected: int"):
        check_values(Relations(), catalog.table("silver.lines"), {"order_id": "1", "line_number": "two"})
