"""Errors can name lines only if the line of every key and value of a document is known."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.yaml_lines import nearest_line, read_yaml

TEXT = """\
# a comment
name: x

list:
  - {a: 1, b: 2}
  -
    c: [1,
        2]
"""


def test_every_path_has_its_line():
    content, lines = read_yaml(TEXT)

    assert {"name": "x", "list": [{"a": 1, "b": 2}, {"c": [1, 2]}]} == content
    assert {
        (): 1,
        ("name",): 2,
        ("list",): 4,
        ("list", 0): 5,
        ("list", 0, "a"): 5,
        ("list", 0, "b"): 5,
        ("list", 1): 7,
        ("list", 1, "c"): 7,
        ("list", 1, "c", 0): 7,
        ("list", 1, "c", 1): 8,
    } == lines


@pytest.mark.parametrize(
    "path, expected",
    [
        pytest.param(("list", 1, "c", 1), 8, id="a path that is there"),
        pytest.param(("list", 1, "d", "e"), 7, id="its nearest ancestor"),
        pytest.param(("nothing", 3), 1, id="the document"),
    ],
)
def test_a_missing_path_has_the_line_of_its_nearest_ancestor(path, expected):
    assert expected == nearest_line(read_yaml(TEXT)[1], path)


def test_an_empty_document_is_none():
    assert (None, {(): 1}) == read_yaml("# nothing\n")


def test_a_key_written_twice_is_refused_with_its_line():
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        read_yaml("a: 1\nb: 2\na: 3\n")

    assert "the key a is written twice" == refused.value.problem
    assert 2 == refused.value.problem_mark.line


def test_an_alias_that_contains_itself_is_refused():
    with pytest.raises(yaml.MarkedYAMLError, match="it is nested without end, as by an alias within its own anchor"):
        read_yaml("a: &a\n  - *a\n")


KEYS = st.text("abcdefghij", min_size=1, max_size=5)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)),
    min_size=1,
)


@given(DOCUMENTS)
def test_the_line_of_a_key_begins_with_that_key(document):
    text = yaml.safe_dump(document, default_flow_style=False)

    content, lines = read_yaml(text)

    written = text.splitlines()
    keys = {path: written[line - 1] for path, line in lines.items() if path and isinstance(path[-1], str)}
    assert document == content
    assert dict.fromkeys(keys, True) == {
        path: line.lstrip(" -").strip("'").startswith(path[-1]) for path, line in keys.items()
    }
