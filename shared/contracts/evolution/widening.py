"""Which types can hold every value of another, digit for digit."""

from __future__ import annotations

from shared.contracts.numbers import DECIMAL, FLOATING

# The decimal digits that the values of each integer type need.
WHOLE = {"smallint": 5, "int": 10, "bigint": 19}
WIDER = {
    "smallint": {"int", "bigint", "float", "double"},
    "int": {"bigint", "double"},
    "float": {"double"},
    "date": {"timestamp"},
}


def widens(old: str, new: str) -> bool:
    """Whether every value of the type `old` is also one of the type `new`; a type does not widen itself."""
    if old == new:
        return False
    if new in WIDER.get(old, ()):
        return True
    after = DECIMAL.fullmatch(new)
    if after is None:
        return False
    whole, scale = _digits(old)
    return whole is not None and int(after[2]) >= scale and int(after[1]) - int(after[2]) >= whole


def is_spelt_alike(old: str, new: str) -> bool:
    """Whether a value of one type is written in paths and JSON as it is in the other."""
    if DECIMAL.fullmatch(old) and DECIMAL.fullmatch(new):
        return _digits(old)[1] == _digits(new)[1]
    return old == new or any(old in types and new in types for types in (WHOLE, FLOATING))


def _digits(type_: str) -> tuple[int | None, int]:
    """The digits before and after the point; None for those before it if the type is no exact number."""
    if type_ in WHOLE:
        return WHOLE[type_], 0
    found = DECIMAL.fullmatch(type_)
    return (int(found[1]) - int(found[2]), int(found[2])) if found else (None, 0)
