"""Puts into plain words what a model refuses in a file: the keys it knows, and the values it takes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from shared.yaml_lines import Path

# By the type of an error, in place of pydantic's words: those name classes of Python.
# Source: pydantic's documentation, "Validation Errors".
WORDS = {
    "model_type": "keys with values",
    "dict_type": "keys with values",
    "tuple_type": "a list",
    "too_short": "{min_length} or more of them",
    "too_long": "{max_length} of them at most",
    "string_type": "text; what looks like another value is put in quotes",
    "string_pattern_mismatch": "text of the form {pattern}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def told_error(error: ValidationError) -> ErrorDetails:
    """The error to tell: that of an unknown key, which may also be missing under its right name, or else the first."""
    found = error.errors()
    return next((e for e in found if e["type"] == "extra_forbidden"), found[0])


def meant_key(given: str, known: Iterable[str]) -> str | None:
    """The known key that an unknown one is nearest to; None if it is near to none."""
    return next(iter(difflib.get_close_matches(given, list(known), n=1)), None)


def expected_value(error: ErrorDetails) -> str:
    """What a model expects in place of a value."""
    words = WORDS.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else error["msg"].removeprefix("Input should be ")


def known_keys(model: type[BaseModel], at: Path) -> list[str]:
    """The keys that a model allows beside the unknown one at a path."""
    for part in at[:-1]:
        for name, field in model.model_fields.items():
            if part == (field.alias or name):
                model = next(a for a in (field.annotation, *get_args(field.annotation)) if _is_model(a))
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
