import pytest

from scripts.local.cloudformation.comparison import differences


@pytest.mark.parametrize(
    "wanted, found",
    [
        pytest.param({"a": 1}, {"a": 1, "b": 2}, id="the service has more"),
        pytest.param({"a": "true"}, {"a": True}, id="a boolean as text"),
        pytest.param({"a": "30"}, {"a": 30}, id="a number as text"),
        pytest.param({"a": 1}, {"a": 1.0}, id="a number as another"),
        pytest.param([{"Key": "b"}, {"Key": "a"}], [{"Key": "a"}, {"Key": "b"}], id="tags in another order"),
        pytest.param(["b", "a"], ["a", "b"], id="names in another order"),
    ],
)
def test_what_is_the_same_does_not_differ(wanted, found):
    assert [] == list(differences(wanted, found, "p"))


@pytest.mark.parametrize(
    "wanted, found, path",
    [
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, "p.a.b", id="another value"),
        pytest.param({"a": {"b": 1}}, {"a": None}, "p.a", id="nothing"),
        pytest.param([1, 2], [1], "p", id="fewer"),
        pytest.param([{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 3}], "p[1].n", id="an item"),
    ],
)
def test_what_differs_is_named_with_its_place(wanted, found, path):
    assert [path] == [place for place, _, _ in differences(wanted, found, "p")]
