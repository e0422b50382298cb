"""The engine reads contracts and names no table: another domain is other files, not another engine."""

import ast
import re
from collections.abc import Iterator

import pytest

from scripts.setup import paths
from tests.architecture.wings import python_files

CONTRACTS = paths.ROOT / "shared" / "contracts"


def test_no_file_of_the_engine_names_a_table():
    tables = {(file.parent.name, file.name.partition(".")[0]) for file in CONTRACTS.glob("*/*.odcs.yaml")}
    named = {
        str(file): found
        for file in python_files("jobs", "infra")
        if file.parts[:2] != ("jobs", "build") or file.stem not in {name for _, name in tables}
        if (found := tables_named((paths.ROOT / file).read_text(encoding="utf-8"), tables))
    }

    assert tables, "no contracts were found, so nothing was looked for"
    assert {} == named


@pytest.mark.parametrize(
    "source, expected",
    [
        pytest.param('t = "order_lines"', ["1: order_lines"], id="the bare name"),
        pytest.param('t = "orders"', [], id="a bare name of one word"),
        pytest.param('t = "silver.orders"', ["1: silver.orders"], id="layer and name"),
        pytest.param('q = f"select * from silver.orders where {c}"', ["1: silver.orders"], id="within a query"),
        pytest.param('p = "lake/silver/orders"', ["1: silver/orders"], id="within a location"),
        pytest.param('def f():\n    """Reads `silver.orders`, say."""', [], id="an example in a docstring"),
        pytest.param('m = "the orders of the steps"', [], id="an ordinary word"),
    ],
)
def test_named_tables_are_found(source, expected):
    assert expected == tables_named(source, {("silver", "orders"), ("silver", "order_lines")})


def tables_named(source: str, tables: set[tuple[str, str]]) -> list[str]:
    """Return `line: name` for each text of a program that is a table's name, or holds it with its layer.

    A name of one word, such as `files`, may be any text: it is looked for with its layer alone.
    """
    return [
        f"{line}: {found}"
        for line, text in _texts(source)
        for layer, name in sorted(tables)
        if (found := name if text == name and "_" in name else _with_layer(text, layer, name))
    ]


def _with_layer(text: str, layer: str, name: str) -> str:
    match = re.search(rf"\b{layer}[./]{name}\b", text)
    return match[0] if match else ""


def _texts(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
