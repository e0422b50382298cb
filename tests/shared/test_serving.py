"""Paths of served rows: what a contract may say, and how a request finds the row of a key."""

from urllib.parse import unquote

import pytest

from shared.serving import ServedPath, canonical


@pytest.mark.parametrize(
    "text, collection, columns",
    [
        ("/customers/{customer_id}", "customers", ("customer_id",)),
        ("/stock-levels/{store_id}/{product_id}", "stock-levels", ("store_id", "product_id")),
    ],
)
def test_a_path_is_read_and_written(text, collection, columns):
    path = ServedPath.parse(text)

    assert path == ServedPath(collection, columns)
    assert str(path) == text


@pytest.mark.parametrize(
    "text", ["", "customers/{id}", "/customers", "/customers/", "/{id}", "/Customers/{id}", "/a/b/{id}", "/a/{id}/b"]
)
def test_what_is_no_path_of_a_key_is_none(text):
    assert ServedPath.parse(text) is None


@pytest.mark.parametrize(
    "key, path",
    [
        (["29485"], "/x/29485"),
        (["a/b"], "/x/a%2Fb"),
        (["zwölf %"], "/x/zw%C3%B6lf%20%25"),
        (["2011-06-01", ""], "/x/2011-06-01/"),
    ],
)
def test_the_path_of_a_row_is_encoded(key, path):
    assert path == ServedPath("x", ("k",) * len(key)).of(key)


@pytest.mark.parametrize("key", [["29485"], ["zwölf %"], ["%41"], ["a+b", "c d"], ["2011-06-01", ""], ["."], [".."]])
def test_a_row_is_found_by_its_path_as_api_gateway_decodes_it(key):
    made = ServedPath("x", ("k",) * len(key)).of(key)

    assert made == canonical(unquote(made))
