"""Evaluates JSONata expressions, with the functions that Step Functions adds.

Source: Step Functions developer guide, "Transforming data with JSONata": `$partition`, `$range`, `$hash`, `$random`
with a seed, `$uuid` and `$parse` are added, `$eval` is removed.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from typing import TYPE_CHECKING, Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class EvaluationError(Exception):
    """An expression has no value: it does not parse, it fails, or its result is undefined."""


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of a JSONata expression.

    Args:
        expression: The expression, without the `{% %}`.
        variables: The values of `$name`; they are never changed.

    Raises:
        EvaluationError: it has no value, or one that is not JSON.
    """
    bindings: dict[str, Any] = {name: Jsonata.JLambda(function) for name, function in _FUNCTIONS.items()}
    # A bound None would mean "undefined"; a variable that is null has to stay null.
    bindings |= {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}
    try:
        parsed = Jsonata(expression)
        parsed.set_output_convert_nulls(False)
        value = parsed.evaluate(None, bindings)
    except EvaluationError:
        raise
    except JException as error:
        raise EvaluationError(f"{error} ({error.error})") from error
    except Exception as error:  # the library lets Python's own errors through, such as TypeError for 1 + 'a'
        raise EvaluationError(f"{type(error).__name__}: {error}") from error
    if value is None:
        raise EvaluationError("it returned nothing (undefined)")
    return _json(value)


def _json(value: Any) -> Any:
    """A copy of a result as plain JSON values; `None` is null."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, str | bool | int | float):
        return value
    raise EvaluationError(f"it returned a {type(value).__name__}, which is no JSON value")


def _partition(array: Any, size: Any) -> list[Any]:
    items = array if isinstance(array, list) else [array]
    step = _whole(size, "$partition: the size")
    if step <= 0:
        raise EvaluationError(f"$partition: the size must be above 0, not {step}")
    return [items[start : start + step] for start in range(0, len(items), step)]


def _range(first: Any, last: Any, step: Any) -> list[Any]:
    start, end, by = (_whole(value, "$range") for value in (first, last, step))
    if by == 0:
        raise EvaluationError("$range: the step must not be 0")
    return list(range(start, end + (1 if by > 0 else -1), by))


def _hash(text: Any, algorithm: Any) -> str:
    if not isinstance(text, str):
        raise EvaluationError(f"$hash: a string is needed, not {_kind(text)}")
    if algorithm not in HASHES:
        raise EvaluationError(f"$hash: unknown algorithm {algorithm!r}; known: {', '.join(HASHES)}")
    return hashlib.new(HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: Any = None) -> float:
    return random.Random(seed).random()  # noqa: S311 - the language's own $random is no cryptography either


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse(text: Any) -> Any:
    if not isinstance(text, str):
        raise EvaluationError(f"$parse: a string is needed, not {_kind(text)}")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise EvaluationError(f"$parse: the string is no JSON: {error}") from error
    return Utils.NULL_VALUE if value is None else value


def _eval(*_given: Any) -> Any:
    raise EvaluationError("$eval does not exist in Step Functions; use $parse to read JSON")


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise EvaluationError(f"{what}: a whole number is needed, not {value!r}")
    return int(value)


def _kind(value: Any) -> str:
    return "nothing (undefined)" if value is None else type(value).__name__


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eval": _eval,
    "hash": _hash,
    "parse": _parse,
    "partition": _partition,
    "random": _random,
    "range": _range,
    "uuid": _uuid,
}
