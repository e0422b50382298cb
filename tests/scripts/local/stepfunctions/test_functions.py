import hashlib
import uuid

import pytest

from scripts.local.stepfunctions.functions import EvaluationError, evaluate

TEXT = 'naïve "quoted" \\ text'


@pytest.mark.parametrize(
    "name, algorithm",
    [
        pytest.param("MD5", "md5", id="md5"),
        pytest.param("SHA-1", "sha1", id="sha-1"),
        pytest.param("SHA-256", "sha256", id="sha-256"),
        pytest.param("SHA-384", "sha384", id="sha-384"),
        pytest.param("SHA-512", "sha512", id="sha-512"),
    ],
)
def test_hash_is_that_of_hashlib(name, algorithm):
    expected = hashlib.new(algorithm, TEXT.encode(), usedforsecurity=False).hexdigest()

    assert expected == evaluate(f"$hash($text, '{name}')", {"text": TEXT})


@pytest.mark.parametrize(
    "expression, expected",
    [
        pytest.param("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]], id="partition leaves a rest"),
        pytest.param("$partition([1,2], 5)", [[1, 2]], id="partition larger than the array"),
        pytest.param("$partition([], 5)", [], id="partition of nothing"),
        pytest.param("$range(1, 9, 4)", [1, 5, 9], id="range includes its end"),
        pytest.param("$range(5, 1, -2)", [5, 3, 1], id="range downwards"),
        pytest.param("$parse('{\"a\": [1, null]}')", {"a": [1, None]}, id="parse an object"),
        pytest.param("$parse('null')", None, id="parse null"),
        pytest.param("$random(7) = $random(7)", True, id="random with a seed repeats"),
        pytest.param("$type($random())", "number", id="random without a seed"),
        pytest.param("[1..3]", [1, 2, 3], id="a sequence"),
        pytest.param("10 / 5", 2, id="a whole quotient"),
        pytest.param("'a' & $string($nothing)", "a", id="undefined vanishes in a text"),
        pytest.param("$null", None, id="a null variable stays null"),
        pytest.param("{'kept': $null}", {"kept": None}, id="null in an object"),
        pytest.param("$one", [1], id="an array of one stays an array"),
        pytest.param("$text", TEXT, id="quotes and backslashes"),
    ],
)
def test_an_expression_has_its_value(expression, expected):
    assert expected == evaluate(expression, {"text": TEXT, "null": None, "one": [1]})


def test_uuid_is_a_new_one_each_time():
    first, second = (uuid.UUID(evaluate("$uuid()", {})) for _ in range(2))

    assert first != second


@pytest.mark.parametrize(
    "expression, reason",
    [
        pytest.param("$hash('x', 'CRC32')", "unknown algorithm 'CRC32'", id="unknown algorithm"),
        pytest.param("$hash(1, 'MD5')", "a string is needed, not int", id="hash of a number"),
        pytest.param("$hash($nothing, 'MD5')", r"nothing \(undefined\)", id="hash of nothing"),
        pytest.param("$eval('1')", "use \\$parse", id="eval"),
        pytest.param("$parse('{')", "no JSON", id="parse of a fragment"),
        pytest.param("$partition([1], 0)", "above 0", id="partition of size 0"),
        pytest.param("$range(1, 2, 0)", "must not be 0", id="range without a step"),
        pytest.param("$range(1, 2.5, 1)", "whole number", id="range with a fraction"),
        pytest.param("$nothing", "undefined", id="undefined"),
        pytest.param("1 +", "S0207", id="does not parse"),
        pytest.param("1 + 'a'", "T2002", id="types do not fit"),
        pytest.param("function($x){$x}", "no JSON value", id="a function"),
    ],
)
def test_an_expression_without_a_value_says_why(expression, reason):
    with pytest.raises(EvaluationError, match=reason):
        evaluate(expression, {})


def test_variables_are_left_as_they_were():
    given = {"list": [{"a": 1, "b": None}]}

    evaluate("$list ~> |$|{'a': 2}|", given)

    assert {"list": [{"a": 1, "b": None}]} == given
